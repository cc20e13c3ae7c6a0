# The old interface does not come back.
if grep -n '[^a-z_]say(' src/*; then echo "tests/ratchet.sh: use log_line" >&2; exit 1; fi
