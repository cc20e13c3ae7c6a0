# What coord needs of a machine, for ./coord and ./coord-test: found, else installed with apt or Homebrew without a
# question, else named with the one command that installs it. Sourced, never run; only when something is to be built.
#
# The caller sets `me`, its own name. Speech goes to stderr.
# shellcheck shell=sh disable=SC2154

say() { printf '%s: %s\n' "$me" "$1" >&2; }

# An end with a reason: STATUS ERROR HINT.
stop() {
    printf 'error: %s\n' "$2" >&2
    [ -z "$3" ] || printf 'hint: %s\n' "$3" >&2
    exit "$1"
}

# Whether a C library's header can be included, by the compiler's own search path and pkg-config's.
has_header() {
    # shellcheck disable=SC2046 # the flags are several words
    printf '#include <%s>\n' "$1" |
        "$compiler" $(pkg-config --cflags "$2" 2>/dev/null) -E -x c - >/dev/null 2>&1
}

# Sets `missing` to the packages to install, in the words of the machine's package manager, and `wished` to those
# that a build can do without.
find_missing() {
    missing=
    wished=
    if command -v brew >/dev/null; then
        want() { missing="$missing $2"; }
        wish() { wished="$wished $2"; }
    else
        want() { missing="$missing $1"; }
        wish() { wished="$wished $1"; }
    fi
    compiler=
    for name in cc clang gcc; do
        if command -v "$name" >/dev/null; then compiler=$name && break; fi
    done
    command -v git >/dev/null || want git git
    if [ -z "$compiler" ]; then
        want "gcc libc6-dev libsqlite3-dev libyaml-dev libwebsockets-dev libcurl4-openssl-dev" \
            "gcc sqlite libyaml libwebsockets curl"
    else
        has_header sqlite3.h sqlite3 || want libsqlite3-dev sqlite
        has_header yaml.h yaml-0.1 || want libyaml-dev libyaml
        has_header libwebsockets.h libwebsockets || want libwebsockets-dev libwebsockets
        has_header curl/curl.h libcurl || want libcurl4-openssl-dev curl
    fi
    # The gate of missions/web-app.json is in Python; and Swift's package manager asks pkg-config where libraries are.
    command -v python3 >/dev/null || wish python3 python3
    command -v pkg-config >/dev/null || wish pkg-config pkgconf
    # Agents run confined by it; macOS has its own.
    [ "$(uname -s)" != Linux ] || command -v bwrap >/dev/null || wish bubblewrap ""
    missing=${missing# }
    wished=${wished# }
}

install_missing() {
    packages="$missing${missing:+${wished:+ }}$wished"
    if command -v brew >/dev/null; then
        say "installing $packages with Homebrew"
        # shellcheck disable=SC2086 # one word per package
        NONINTERACTIVE=1 HOMEBREW_NO_AUTO_UPDATE=1 HOMEBREW_NO_ENV_HINTS=1 brew install $packages </dev/null >&2
    elif command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        say "installing $packages"
        apt_install || { apt-get update -qq </dev/null >&2 && apt_install; }
    elif [ -z "$missing" ]; then
        say "going on without $wished"
    elif command -v apt-get >/dev/null; then
        stop 6 "coord needs $packages, which only root can install" \
            "run \`sudo apt-get install -y $packages\`, then this command again"
    else
        stop 6 "coord needs $packages, and this machine has neither apt nor Homebrew to install it with" \
            "install the same with the package manager of this system, header files included"
    fi
}

apt_install() {
    # shellcheck disable=SC2086 # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends \
        $packages </dev/null >&2
}

# Makes the machine ready to build, or ends with status 6 and the one command that would.
prepare_machine() {
    command -v swift >/dev/null ||
        stop 6 "coord is built from source, and there is no \`swift\` here" \
            "install Swift 6.2 or newer from https://www.swift.org/install"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086 # two words
    set -- ${version:-0 0}
    [ "$1" -gt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -ge 2 ]; } ||
        stop 6 "coord needs Swift 6.2 or newer; \`swift\` here is $1.$2" \
            "install a newer one from https://www.swift.org/install"
    find_missing
    [ -n "$missing$wished" ] || return 0
    install_missing ||
        stop 6 "$packages could not be installed; the reason is above" "install it by hand, then run this command again"
    find_missing
    [ -z "$missing" ] || stop 6 "$missing is still missing after it was installed" ""
}
