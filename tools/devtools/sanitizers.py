# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What is tested with sanitizers, and how they are set.
import os

PRESETS = ["asan", "tsan"]

# Built and run by plain `tools/dev test` for each preset, target and ctest entry of one name: the
# runtime and its tests, and nothing of LLVM.
SUBSET = {
    "asan": ["cuda-emu-test", "cuda-fake-test", "eager-foreign-memory-test", "errors-compiler-test", "errors-files-test",
             "errors-indices-test", "errors-memory-test", "errors-shapes-test", "fuzz-bundle-corpus", "fuzz-container-corpus", "fuzz-idx-corpus",
             "fuzz-npy-corpus", "fuzz-options-corpus", "fuzz-plan-corpus", "fuzz-replay-corpus",
             "fuzz-trace-corpus", "jit-session-test", "kernels-contract-test",
             "kernels-infer-cache-test", "offline-shared-module-test", "program-files-test",
             "tensor-memory-test", "unit_intern_cap"],
    "tsan": ["cuda-emu-test", "cuda-fake-test", "eager-foreign-memory-test",
             "errors-compiler-status-test", "errors-indices-test",
             "jit-session-test", "kernels-contract-test", "kernels-infer-cache-test",
             "kernels-pool-test", "offline-shared-module-test", "program-files-test",
             "tensor-memory-test"],
}

# Checks of the sources: the same in every preset.
NOT_RUN = "^check-"

# LLVM and GoogleTest come without instrumentation.
# allow_user_poisoning: LLVM's headers mark free memory for AddressSanitizer, its libraries do not
# unmark it. Without LLVM the marks of our own allocator count.
# ignore_noninstrumented_modules: LLVM's atomics are invisible, so what they order looks like a race.
# die_after_fork: a test forks while other threads live.
BASE = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_init_order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0",
}
WITH_LLVM = {
    "ASAN_OPTIONS": "allow_user_poisoning=0",
    "TSAN_OPTIONS": "ignore_noninstrumented_modules=1",
}


def environment(llvm):
    """For tests with or without LLVM in their process; what the user has set wins."""
    env = dict(BASE)
    for name, value in WITH_LLVM.items() if llvm else ():
        env[name] += ":" + value
    return {**env, **os.environ}


def subset_regex(preset):
    return "^(" + "|".join(SUBSET[preset]) + ")$"
