#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What only a GPU can say: bits, faults and times on the device that is there, in 360 s at most. Every
# section has a limit of its own and gives one line; what it printed goes to a file of OUT.
#   device.sh BIN OUT [quick]
# BIN: the folder of the test programs, beside ../lib with the libraries, as in a build folder of any
# preset; nothing else is needed but the driver and, for compiled programs, NVRTC. With `quick` sizes
# are such that the driver of the tests (docs/gpu-testing.md) does it in seconds.
set -u
mkdir -p "${2:?usage: device.sh BIN OUT [quick]}"
bin=$(cd "$1" && pwd)
out=$(cd "$2" && pwd)
quick=${3:-}
export TRACEJIT_CACHE="$out/cache"
failed=0

few() { [ -n "$quick" ]; }

# section NAME SECONDS COMMAND...
section() {
  name=$1
  limit=$2
  if few; then limit=$((10 * limit)); fi # of a busy machine
  shift 2
  begin=$(date +%s)
  timeout -k 5 "$limit" "$@" > "$out/$name.txt" 2>&1
  code=$?
  case $code in
  0) verdict=passed ;;
  124 | 137) verdict="over its $limit s" ;;
  *) verdict="FAILED ($code)" ;;
  esac
  [ $code -eq 0 ] || failed=$((failed + 1))
  last=$(grep '[0-9]' "$out/$name.txt" | tail -n 1 | cut -c 1-100)
  printf '%-14s %-14s %4s s  %s\n' "$name" "$verdict" $(($(date +%s) - begin)) "$last"
}

if few; then
  patience=600 programs='--programs 10' workers=1 table='*/add:*/sum:*/matmul'
  bench='--divide 65536 --seconds 0.001 --only gelu'
else
  patience=75 programs='--minutes 1' workers=4 table='*' bench='--seconds 0.5'
fi

section example 15 "$bin/example-gpu"
if ! grep -q 'equal bits on both' "$out/example.txt"; then
  cat "$out/example.txt"
  echo "device.sh: no GPU that can be used"
  exit 4
fi
# Bits: the whole table eagerly, then traces, programs from files, other people's errors.
section eager 60 "$bin/cuda-conformance-test" --gtest_filter="$table"
section compiled 30 "$bin/cuda-compiled-test"
section stored 20 "$bin/cuda-stored-test"
# Random programs, eager and compiled, in processes beside each other until their time is over.
for worker in $(seq "$workers"); do
  # shellcheck disable=SC2086 # words
  (cd "$out" && timeout -k 5 "$patience" "$bin/tracejit-fuzz" --device=cuda --seed "$worker" $programs \
    > "random-$worker.txt" 2>&1
  echo $? > "random-$worker.code") &
done
wait
for worker in $(seq "$workers"); do
  section "fuzz-$worker" 5 sh -c "grep failures '$out/random-$worker.txt'; exit \$(cat '$out/random-$worker.code')"
done
# Times, beside what copying costs in the same run.
# shellcheck disable=SC2086 # words
section bench 150 "$bin/gpu-bench" $bench
cat "$out/bench.txt"
if [ $failed -eq 0 ]; then echo "device.sh: all sections passed"; else echo "device.sh: $failed failed"; fi
exit $((failed != 0))
