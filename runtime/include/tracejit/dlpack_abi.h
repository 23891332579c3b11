/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Tensors in memory as DLPack 1 lays them out, with the names that its specification gives them:
   what a program needs to call <tracejit/c.h> without DLPack's own header. Nothing if that was
   included before this one. */
#ifndef TRACEJIT_DLPACK_ABI_H
#define TRACEJIT_DLPACK_ABI_H
#ifndef DLPACK_MAJOR_VERSION

#include <stdint.h>

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t major; /* another one: only `deleter` may be used */
  uint32_t minor;
} DLPackVersion;

#ifdef __cplusplus
typedef enum : int32_t {
#else
typedef enum {
#endif
  kDLCPU = 1
} DLDeviceType;

typedef struct {
  DLDeviceType device_type;
  int32_t device_id;
} DLDevice;

typedef enum { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBool = 6 } DLDataTypeCode;

typedef struct {
  uint8_t code; /* a DLDataTypeCode */
  uint8_t bits;
  uint16_t lanes;
} DLDataType;

typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides;     /* in elements; NULL: row-major */
  uint64_t byte_offset; /* from `data` to element [0, ..., 0] */
} DLTensor;

typedef struct DLManagedTensorVersioned {
  DLPackVersion version;
  void *manager_ctx;                                      /* of whoever has made the tensor */
  void (*deleter)(struct DLManagedTensorVersioned *self); /* may be NULL */
  uint64_t flags;
  DLTensor dl_tensor;
} DLManagedTensorVersioned;

#define DLPACK_FLAG_BITMASK_READ_ONLY (UINT64_C(1) << 0)

#ifdef __cplusplus
}
#endif

#endif
#endif
