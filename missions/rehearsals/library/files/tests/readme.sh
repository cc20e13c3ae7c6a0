# The program in the README compiles and prints what the README says.
set -eu
mkdir -p build
awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' README.md >build/readme.c
awk '/^```$/ { fences++; next } fences == 2 { print; exit }' README.md >build/readme.wanted
[ -s build/readme.wanted ] || { echo "README.md: no output to compare with" >&2; exit 1; }
${CC:-cc} -std=c99 -Wall -Werror -Iinclude -o build/readme build/readme.c src/*.c
./build/readme >build/readme.found
diff build/readme.wanted build/readme.found
