# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# exits.sh CODE COMMAND...: fails unless the command exits with that code.
code=$1
shift
"$@"
got=$?
test $got -eq $code && exit 0
echo "exit code $got instead of $code: $*" >&2
exit 1
