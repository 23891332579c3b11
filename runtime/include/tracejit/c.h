/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* libtracejit-c: bundles, which `tracec compile --emit=package` makes, for C and whatever calls C.

   Tensors cross as DLPack's DLManagedTensorVersioned: include DLPack's header, or
   <tracejit/dlpack_abi.h>, to make and read them. Functions that can fail give a code, and leave a
   sentence for tj_last_error. No C++ exception and no signal comes out of them, and after an error
   everything may be used as before. All may be called on any thread, on several at once.

   ABI 1, which is the number in the name of the library: there may be more functions, flags and
   codes in time, and nothing that is here changes. */
#ifndef TRACEJIT_C_H
#define TRACEJIT_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TJ_API __attribute__((visibility("default")))

struct DLManagedTensorVersioned;

/* Functions of one file. Counted: tj_load gives one reference. */
typedef struct tj_module tj_module;

/* Codes. */
enum {
  TJ_OK = 0,
  TJ_INVALID_ARGUMENT = 1, /* a NULL, a wrong count, name, dtype, shape, number, index */
  TJ_UNSUPPORTED = 2,      /* a dtype, device or file that this version does not know */
  TJ_OUT_OF_MEMORY = 3,
  TJ_DEVICE = 4,
  TJ_IO = 5, /* a file that is missing, cannot be read or is damaged */
  TJ_INTERNAL = 6
};

/* Version of the library: "0.1.0". */
TJ_API const char *tj_version(void);

/* Why the last call on this thread that gave a code other than TJ_OK did so, in UTF-8; "" if none
   has. Valid until the next such call on this thread. Never NULL. */
TJ_API const char *tj_last_error(void);

/* Functions whose code in the file cannot be used are compiled from now on, by libtracejit-compiler
   in the background. TJ_UNSUPPORTED if that library is missing or does not fit; functions then run
   op by op as before. */
TJ_API int tj_enable_compiler(void);

/* At most `count` threads work on a call, the caller's included; 0: as many as there are CPUs. No
   number changes a bit of a result. */
TJ_API int tj_set_threads(int32_t count);

/* Runs whatever is still pending in the process. tj_run leaves nothing pending that its caller
   could see; inputs that were given up may be held until then. */
TJ_API int tj_synchronize(void);

/* Flags of tj_load. */
enum {
  TJ_NO_CODE = 1, /* execute nothing of the file, use its traces only: for files of strangers */
  TJ_REQUIRE_CODE = 2, /* TJ_UNSUPPORTED if the code in the file cannot be used */
  TJ_VERIFY = 4        /* compare the digests of constants too, which reads all of them */
};

/* Opens a bundle. With code, a file is as trusted as a library that a program opens. Constants of
   1 MiB and more stay in the file, which may not be changed meanwhile.
   sha256: NULL, or the SHA-256 of the file's table in hexadecimal, as `tracec info` prints it.
   module: gets a reference for tj_release; NULL after an error. */
TJ_API int tj_load(const char *path, uint32_t flags, const char *sha256, tj_module **module);

/* One more reference, and one less. The module goes with the last one; tensors that it has given
   stay. NULL: nothing is done. */
TJ_API void tj_retain(tj_module *module);
TJ_API void tj_release(tj_module *module);

/* The number of the function of that name, for tj_run; NULL: of the first one, which is 0. */
TJ_API int tj_function(const tj_module *module, const char *name, int32_t *function);

/* What is in a module, as JSON in UTF-8:
     {"version": "0.1.0", "functions": [{"name": "step", "way": "code", "reason": "",
       "inputs": [{"name": "x", "dtype": "f32", "shape": [64]}],
       "numbers": [{"name": "rate", "kind": "float"}], "outputs": [as inputs]}]}
   Functions stand in the order of their numbers. `way` is how calls run now: "code" of the file,
   "compiled" from its trace or "eager", op by op; `reason` says why not by the code. `kind` is
   "bool", "int" or "float".
   Writes at most `capacity` bytes, the last of them 0, and to `bytes`, which may be NULL, how many
   the whole text takes with its 0. text may be NULL if capacity is 0. */
TJ_API int tj_describe(const tj_module *module, char *text, size_t capacity, size_t *bytes);

/* Flags of tj_run. */
enum {
  /* The inputs are the library's from the call on, whatever it returns. Their memory is used where
     it lies, and their deleters are called once each as soon as it is not needed any more: before
     tj_run returns or later, on any thread. Nothing may write to the memory until then. */
  TJ_GIVE_INPUTS = 1
};

/* Calls a function. The counts must be those of the function.
   inputs: tensors on the CPU with the dtype and shape that tj_describe gives and any strides.
   Unless they are given up they are only read, during the call, and copied. Tensors that tj_run has
   given are not copied, so what one call gives is taken by the next one for nothing. numbers: 8
   bytes each: a double, an int64_t, or for a bool 0 or 1. May be NULL if there are none. outputs:
   get a tensor each, for tj_tensor_release; all NULL after an error. They are row-major and
   read-only: memory may be shared with other tensors, or with the file. TJ_INVALID_ARGUMENT also
   for an index, or the start of a slice, that is out of range. */
TJ_API int tj_run(const tj_module *module, int32_t function,
                  struct DLManagedTensorVersioned *const *inputs, size_t input_count,
                  const uint64_t *numbers, size_t number_count,
                  struct DLManagedTensorVersioned **outputs, size_t output_count, uint32_t flags);

/* Calls the deleter of a tensor, whoever has made it. NULL: nothing is done. */
TJ_API void tj_tensor_release(struct DLManagedTensorVersioned *tensor);

/* What tj_memory tells, in bytes. */
enum {
  TJ_MEMORY_LIVE = 0,   /* storage of tensors that exist */
  TJ_MEMORY_CACHED = 1, /* kept for the next ones */
  TJ_MEMORY_PEAK = 2    /* most that was live at a time */
};
TJ_API int tj_memory(int32_t what, int64_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
