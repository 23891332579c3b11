// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of CUDA's driver API that we use, in its C ABI: handles, codes, and the entry points as
// a table, from which both the loader and the fake driver of the tests are made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jit::gpu {

/// CUresult. A value that has no name here may come too.
enum class Status : int {
#define TRACEJIT_CUDA_STATUSES(X)                                                                  \
  X(success, 0, "CUDA_SUCCESS")                                                                    \
  X(invalid_value, 1, "CUDA_ERROR_INVALID_VALUE")                                                  \
  X(out_of_memory, 2, "CUDA_ERROR_OUT_OF_MEMORY")                                                  \
  X(not_initialized, 3, "CUDA_ERROR_NOT_INITIALIZED")                                              \
  X(deinitialized, 4, "CUDA_ERROR_DEINITIALIZED")                                                  \
  X(stub_library, 34, "CUDA_ERROR_STUB_LIBRARY")                                                   \
  X(device_unavailable, 46, "CUDA_ERROR_DEVICE_UNAVAILABLE")                                       \
  X(no_device, 100, "CUDA_ERROR_NO_DEVICE")                                                        \
  X(invalid_device, 101, "CUDA_ERROR_INVALID_DEVICE")                                              \
  X(invalid_image, 200, "CUDA_ERROR_INVALID_IMAGE")                                                \
  X(invalid_context, 201, "CUDA_ERROR_INVALID_CONTEXT")                                            \
  X(no_binary_for_gpu, 209, "CUDA_ERROR_NO_BINARY_FOR_GPU")                                        \
  X(ecc_uncorrectable, 214, "CUDA_ERROR_ECC_UNCORRECTABLE")                                        \
  X(invalid_ptx, 218, "CUDA_ERROR_INVALID_PTX")                                                    \
  X(jit_compiler_not_found, 221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND")                              \
  X(unsupported_ptx_version, 222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION")                            \
  X(jit_compilation_disabled, 223, "CUDA_ERROR_JIT_COMPILATION_DISABLED")                          \
  X(file_not_found, 301, "CUDA_ERROR_FILE_NOT_FOUND")                                              \
  X(operating_system, 304, "CUDA_ERROR_OPERATING_SYSTEM")                                          \
  X(invalid_handle, 400, "CUDA_ERROR_INVALID_HANDLE")                                              \
  X(not_found, 500, "CUDA_ERROR_NOT_FOUND")                                                        \
  X(not_ready, 600, "CUDA_ERROR_NOT_READY")                                                        \
  X(illegal_address, 700, "CUDA_ERROR_ILLEGAL_ADDRESS")                                            \
  X(launch_out_of_resources, 701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES")                            \
  X(launch_timeout, 702, "CUDA_ERROR_LAUNCH_TIMEOUT")                                              \
  X(context_is_destroyed, 709, "CUDA_ERROR_CONTEXT_IS_DESTROYED")                                  \
  X(misaligned_address, 716, "CUDA_ERROR_MISALIGNED_ADDRESS")                                      \
  X(launch_failed, 719, "CUDA_ERROR_LAUNCH_FAILED")                                                \
  X(system_driver_mismatch, 803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")                              \
  X(graph_exec_update_failure, 910, "CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE")                        \
  X(unknown, 999, "CUDA_ERROR_UNKNOWN")
#define TRACEJIT_CUDA_STATUS(name, value, text) name = value,
  TRACEJIT_CUDA_STATUSES(TRACEJIT_CUDA_STATUS)
#undef TRACEJIT_CUDA_STATUS
};

/// CUdevice: a number from 0 to the count of devices.
using Ordinal = int;
/// CUdeviceptr.
using DeviceAddress = unsigned long long;

// Handles of the driver, opaque.
using Context = struct ContextObject *;
using Stream = struct StreamObject *;
using Event = struct EventObject *;
using Module = struct ModuleObject *;
using Function = struct FunctionObject *;
using Graph = struct GraphObject *;
using GraphNode = struct GraphNodeObject *;
using GraphExec = struct GraphExecObject *;

/// CUdevice_attribute.
enum class DeviceAttribute : int {
  max_threads_per_block = 1,
  max_block_x = 2,
  max_block_y = 3,
  max_block_z = 4,
  max_grid_x = 5,
  max_grid_y = 6,
  max_grid_z = 7,
  shared_bytes_per_block = 8, // without FunctionAttribute::max_dynamic_shared_bytes
  warp_size = 10,
  registers_per_block = 12,
  clock_khz = 13,
  multiprocessors = 16,
  integrated = 18,
  l2_bytes = 38,
  threads_per_multiprocessor = 39,
  capability_major = 75,
  capability_minor = 76,
  shared_bytes_per_multiprocessor = 81,
  registers_per_multiprocessor = 82,
  max_shared_bytes_per_block = 97, // with FunctionAttribute::max_dynamic_shared_bytes
  reserved_shared_bytes_per_block = 111,
};

/// CUfunction_attribute.
enum class FunctionAttribute : int {
  max_threads_per_block = 0,
  static_shared_bytes = 1,
  constant_bytes = 2,
  local_bytes = 3, // of one thread: spills and arrays that are not in registers
  registers = 4,
  ptx_version = 5,
  binary_version = 6,
  max_dynamic_shared_bytes = 8, // may be set
};

/// CUjit_option: what the option's `void *` value is, in the comment.
enum class JitOption : int {
  info_log = 3,        // char *
  info_log_bytes = 4,  // the buffer's size as a number; the text's afterwards
  error_log = 5,       // char *
  error_log_bytes = 6, // like info_log_bytes
};

enum : unsigned {
  stream_non_blocking = 1, // flags of cuStreamCreate
  event_blocking_sync = 1, // flags of cuEventCreate
  event_disable_timing = 2,
  host_portable = 1, // flags of cuMemHostAlloc: pinned for every context
};

// How `extra` of a launch says where the arguments are: a list of these as pointers, each followed
// by its value (the buffer; the address of a size_t), closed by the first.
inline void *const launch_end = nullptr;
inline void *const launch_buffer_pointer = reinterpret_cast<void *>(std::uintptr_t{1});
inline void *const launch_buffer_size = reinterpret_cast<void *>(std::uintptr_t{2});

/// CUDA_KERNEL_NODE_PARAMS_v2.
struct KernelNodeParams {
  Function function;
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  void **arguments; // or null: then `extra`
  void **extra;
  void *kernel = nullptr;    // a CUkernel, used when `function` is null; we have none
  Context context = nullptr; // null: the current one
};

/// X(name, symbol, parameters) of every function that we call; `symbol` is what the library
/// exports. The last seven are for graphs.
#define TRACEJIT_CUDA_ENTRY_POINTS(X)                                                              \
  X(Init, cuInit, (unsigned flags))                                                                \
  X(DriverGetVersion, cuDriverGetVersion, (int *version))                                          \
  X(GetErrorName, cuGetErrorName, (::jit::gpu::Status status, const char **name))                  \
  X(DeviceGetCount, cuDeviceGetCount, (int *count))                                                \
  X(DeviceGet, cuDeviceGet, (::jit::gpu::Ordinal * device, int ordinal))                           \
  X(DeviceGetName, cuDeviceGetName, (char *name, int bytes, ::jit::gpu::Ordinal device))           \
  X(DeviceGetAttribute, cuDeviceGetAttribute,                                                      \
    (int *value, ::jit::gpu::DeviceAttribute attribute, ::jit::gpu::Ordinal device))               \
  X(DevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain,                                              \
    (::jit::gpu::Context * context, ::jit::gpu::Ordinal device))                                   \
  X(CtxPushCurrent, cuCtxPushCurrent_v2, (::jit::gpu::Context context))                            \
  X(CtxPopCurrent, cuCtxPopCurrent_v2, (::jit::gpu::Context * context))                            \
  X(MemAlloc, cuMemAlloc_v2, (::jit::gpu::DeviceAddress * address, std::size_t bytes))             \
  X(MemFree, cuMemFree_v2, (::jit::gpu::DeviceAddress address))                                    \
  X(MemGetInfo, cuMemGetInfo_v2, (std::size_t *free, std::size_t *total))                          \
  X(MemHostAlloc, cuMemHostAlloc, (void **address, std::size_t bytes, unsigned flags))             \
  X(MemFreeHost, cuMemFreeHost, (void *address))                                                   \
  X(MemcpyHtoDAsync, cuMemcpyHtoDAsync_v2,                                                         \
    (::jit::gpu::DeviceAddress to, const void *from, std::size_t bytes,                            \
     ::jit::gpu::Stream stream))                                                                   \
  X(MemcpyDtoHAsync, cuMemcpyDtoHAsync_v2,                                                         \
    (void *to, ::jit::gpu::DeviceAddress from, std::size_t bytes, ::jit::gpu::Stream stream))      \
  X(MemcpyPeerAsync, cuMemcpyPeerAsync,                                                            \
    (::jit::gpu::DeviceAddress to, ::jit::gpu::Context to_context, ::jit::gpu::DeviceAddress from, \
     ::jit::gpu::Context from_context, std::size_t bytes, ::jit::gpu::Stream stream))              \
  X(StreamCreate, cuStreamCreate, (::jit::gpu::Stream * stream, unsigned flags))                   \
  X(StreamWaitEvent, cuStreamWaitEvent,                                                            \
    (::jit::gpu::Stream stream, ::jit::gpu::Event event, unsigned flags))                          \
  X(EventCreate, cuEventCreate, (::jit::gpu::Event * event, unsigned flags))                       \
  X(EventRecord, cuEventRecord, (::jit::gpu::Event event, ::jit::gpu::Stream stream))              \
  X(EventQuery, cuEventQuery, (::jit::gpu::Event event))                                           \
  X(EventSynchronize, cuEventSynchronize, (::jit::gpu::Event event))                               \
  X(EventElapsedTime, cuEventElapsedTime,                                                          \
    (float *milliseconds, ::jit::gpu::Event start, ::jit::gpu::Event end))                         \
  X(ModuleLoadDataEx, cuModuleLoadDataEx,                                                          \
    (::jit::gpu::Module * module, const void *image, unsigned options,                             \
     ::jit::gpu::JitOption *names, void **values))                                                 \
  X(ModuleUnload, cuModuleUnload, (::jit::gpu::Module module))                                     \
  X(ModuleGetFunction, cuModuleGetFunction,                                                        \
    (::jit::gpu::Function * function, ::jit::gpu::Module module, const char *name))                \
  X(FuncGetAttribute, cuFuncGetAttribute,                                                          \
    (int *value, ::jit::gpu::FunctionAttribute attribute, ::jit::gpu::Function function))          \
  X(FuncSetAttribute, cuFuncSetAttribute,                                                          \
    (::jit::gpu::Function function, ::jit::gpu::FunctionAttribute attribute, int value))           \
  X(LaunchKernel, cuLaunchKernel,                                                                  \
    (::jit::gpu::Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z,             \
     unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,                  \
     ::jit::gpu::Stream stream, void **arguments, void **extra))                                   \
  X(GraphCreate, cuGraphCreate, (::jit::gpu::Graph * graph, unsigned flags))                       \
  X(GraphAddKernelNode, cuGraphAddKernelNode_v2,                                                   \
    (::jit::gpu::GraphNode * node, ::jit::gpu::Graph graph,                                        \
     const ::jit::gpu::GraphNode *dependencies, std::size_t count,                                 \
     const ::jit::gpu::KernelNodeParams *params))                                                  \
  X(GraphInstantiate, cuGraphInstantiateWithFlags,                                                 \
    (::jit::gpu::GraphExec * exec, ::jit::gpu::Graph graph, unsigned long long flags))             \
  X(GraphExecKernelNodeSetParams, cuGraphExecKernelNodeSetParams_v2,                               \
    (::jit::gpu::GraphExec exec, ::jit::gpu::GraphNode node,                                       \
     const ::jit::gpu::KernelNodeParams *params))                                                  \
  X(GraphLaunch, cuGraphLaunch, (::jit::gpu::GraphExec exec, ::jit::gpu::Stream stream))           \
  X(GraphExecDestroy, cuGraphExecDestroy, (::jit::gpu::GraphExec exec))                            \
  X(GraphDestroy, cuGraphDestroy, (::jit::gpu::Graph graph))

} // namespace jit::gpu
