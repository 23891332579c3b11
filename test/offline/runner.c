/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs the functions of a compiled file and compares all bits, NaN as a class, with what
   WriteSuite.cpp wrote down. No library of tracejit is in this process. Every buffer ends, or
   begins, at a page that may not be touched; inputs cannot be written.
     runner FILE.so FILE.values */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef void (*Parallel)(void *, int64_t, void (*)(void *, int64_t), void *);
typedef int32_t (*Run)(const void *const *, void *const *, const uint64_t *, void *, size_t,
                       Parallel, void *, int32_t);
typedef size_t (*Workspace)(int32_t);

enum { most = 512, page = 4096 };
/* Denormals are flushed and rounding is towards zero: what a function must not mind. */
enum { foreign_mxcsr = 0x1F80 | 0x8040 | 0x6000 };

struct Tensor {
  uint64_t bytes, origin, itemsize, kind;
  const char *data; /* in the file */
  char *mapping;
  uint64_t mapped;
  char *first; /* element [0, ..., 0] */
};

static const char *next;
static const char *what = "";
static int failures;

static void fail(const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  ++failures;
}

static uint64_t number(void) {
  uint64_t value;
  memcpy(&value, next, 8);
  next += 8;
  return value;
}

static uint64_t read_tensors(struct Tensor *list) {
  const uint64_t count = number();
  if (count > most)
    exit(3);
  for (uint64_t k = 0; k < count; ++k) {
    list[k].bytes = number();
    list[k].origin = number();
    list[k].itemsize = number();
    list[k].kind = number();
    list[k].data = next;
    next += list[k].bytes;
  }
  return count;
}

/* Memory between two pages that nobody may touch. */
static char *guarded(uint64_t bytes, int at_end, char **mapping, uint64_t *mapped) {
  const uint64_t inner = (bytes + page - 1) / page * page;
  *mapped = inner + 2 * page;
  *mapping = mmap(NULL, *mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (*mapping == MAP_FAILED)
    exit(3);
  if (inner)
    mprotect(*mapping + page, inner, PROT_READ | PROT_WRITE);
  return *mapping + page + (at_end ? inner - bytes : 0);
}

static void place(struct Tensor *tensor, int at_end, int is_input) {
  char *memory = guarded(tensor->bytes, at_end, &tensor->mapping, &tensor->mapped);
  tensor->first = memory + tensor->origin;
  if (is_input)
    memcpy(memory, tensor->data, tensor->bytes);
  else
    memset(memory, 0xA5, tensor->bytes);
  if (is_input && tensor->bytes)
    mprotect(tensor->mapping + page, tensor->mapped - 2 * page, PROT_READ);
}

static int is_nan(const char *element, uint64_t kind) {
  float f;
  double d;
  memcpy(&f, element, sizeof f);
  if (kind == 1)
    return f != f;
  memcpy(&d, element, sizeof d);
  return d != d;
}

static void compare(const struct Tensor *output, uint64_t k) {
  for (uint64_t at = 0; at < output->bytes; at += output->itemsize) {
    const char *made = output->first - output->origin + at, *wanted = output->data + at;
    if (memcmp(made, wanted, output->itemsize) == 0)
      continue;
    if (output->kind && is_nan(made, output->kind) && is_nan(wanted, output->kind))
      continue;
    char text[80];
    snprintf(text, sizeof text, "output %d differs at element %d", (int)k,
             (int)(at / output->itemsize));
    fail(text);
    return;
  }
}

/* Backwards, as other threads might, under an environment that is not ours. */
static void backwards(void *pool, int64_t pieces, void (*piece)(void *, int64_t), void *context) {
  ++*(int *)pool;
  const unsigned before = _mm_getcsr();
  _mm_setcsr(foreign_mxcsr);
  for (int64_t k = pieces; k-- > 0;)
    piece(context, k);
  _mm_setcsr(before);
}

struct Function {
  Run run, check;
  struct Tensor inputs[most], outputs[most];
  uint64_t input_count, output_count;
  uint64_t numbers[most], number_count;
  const void *in[most];
  void *out[most];
  char *workspace;
  size_t workspace_bytes;
};

static int32_t call(struct Function *f, Run run, Parallel par, int *pool, int32_t workers) {
  return run(f->in, f->out, f->numbers, f->workspace, f->workspace_bytes, par, pool, workers);
}

static void run_once(struct Function *f, Workspace workspace, int at_end, Parallel par,
                     int32_t workers) {
  int jobs = 0;
  char *mapping;
  uint64_t mapped;
  f->workspace_bytes = workspace(workers);
  f->workspace = f->workspace_bytes ? guarded(f->workspace_bytes, at_end, &mapping, &mapped) : NULL;
  for (uint64_t k = 0; k < f->input_count; ++k) {
    place(&f->inputs[k], at_end, 1);
    f->in[k] = f->inputs[k].first;
  }
  for (uint64_t k = 0; k < f->output_count; ++k) {
    place(&f->outputs[k], at_end, 0);
    f->out[k] = f->outputs[k].first;
  }
  const unsigned before = _mm_getcsr();
  _mm_setcsr(foreign_mxcsr);
  const int32_t code = call(f, at_end ? f->check : f->run, par, &jobs, workers);
  if ((_mm_getcsr() & 0xFFC0) != foreign_mxcsr)
    fail("the floating-point environment is another one");
  _mm_setcsr(before);
  if (code != 0)
    fail("did not return 0");
  for (uint64_t k = 0; k < f->output_count; ++k)
    compare(&f->outputs[k], k);
}

static void expect(int32_t code, int32_t wanted, const char *why) {
  if (code != wanted)
    fail(why);
}

/* What a caller may do wrong; the buffers are those of the last run. */
static void refuse_mistakes(struct Function *f) {
  for (uint64_t k = 0; k < f->input_count; ++k) {
    if (!f->inputs[k].bytes)
      continue;
    const char *good = f->in[k];
    f->in[k] = NULL;
    expect(call(f, f->run, NULL, NULL, 1), 2, "takes an input that is NULL");
    f->in[k] = good + 1;
    if (f->inputs[k].itemsize > 1)
      expect(call(f, f->run, NULL, NULL, 1), 3, "takes an input that is not aligned");
    f->in[k] = good;
  }
  for (uint64_t k = 0; k < f->output_count; ++k) {
    if (!f->outputs[k].bytes)
      continue;
    void *good = f->out[k];
    f->out[k] = NULL;
    expect(call(f, f->check, NULL, NULL, 1), 2, "takes an output that is NULL");
    if (f->input_count && f->inputs[0].bytes >= f->inputs[0].itemsize && f->inputs[0].origin == 0 &&
        f->inputs[0].itemsize % f->outputs[k].itemsize == 0) {
      f->out[k] = (void *)f->in[0];
      expect(call(f, f->check, NULL, NULL, 1), 6, "takes an output that overlaps an input");
    }
    f->out[k] = good;
  }
  if (f->workspace_bytes) {
    f->workspace_bytes -= 64;
    expect(call(f, f->run, NULL, NULL, 3), 4, "takes a workspace that is too small");
    f->workspace_bytes += 64;
    char *good = f->workspace;
    f->workspace = NULL;
    expect(call(f, f->run, NULL, NULL, 3), 4, "takes no workspace");
    f->workspace = good;
  }
}

static void unmap(struct Function *f) {
  for (uint64_t k = 0; k < f->input_count; ++k)
    munmap(f->inputs[k].mapping, f->inputs[k].mapped);
  for (uint64_t k = 0; k < f->output_count; ++k)
    munmap(f->outputs[k].mapping, f->outputs[k].mapped);
}

static void check_libraries(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4096];
  while (maps && fgets(line, sizeof line, maps))
    if (strstr(line, "libtracejit") || strstr(line, "libLLVM") || strstr(line, "libstdc++")) {
      what = "the process";
      fail(line);
    }
}

static void *symbol(void *library, const char *name, const char *ending) {
  char full[256];
  snprintf(full, sizeof full, "%s%s", name, ending);
  void *found = dlsym(library, full);
  if (!found) {
    fprintf(stderr, "%s is missing\n", full);
    exit(3);
  }
  return found;
}

static char *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0)
    exit(3);
  *bytes = (size_t)ftell(file);
  rewind(file);
  char *data = malloc(*bytes + 1);
  if (!data || fread(data, 1, *bytes, file) != *bytes)
    exit(3);
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 3;
  }
  size_t bytes;
  char *file = read_file(argv[2], &bytes);
  static struct Function f;
  int functions = 0;
  for (next = file; next < file + bytes; ++functions) {
    char name[64] = "";
    const uint64_t length = number();
    memcpy(name, next, length < 63 ? length : 63);
    next += length;
    what = name;
    f.input_count = read_tensors(f.inputs);
    f.number_count = number();
    for (uint64_t k = 0; k < f.number_count; ++k)
      f.numbers[k] = number();
    f.output_count = read_tensors(f.outputs);
    f.run = (Run)symbol(library, name, "_run");
    f.check = (Run)symbol(library, name, "_check");
    const Workspace workspace = (Workspace)symbol(library, name, "_workspace");
    symbol(library, name, "_info");
    for (int at_end = 0; at_end < 2; ++at_end) {
      run_once(&f, workspace, at_end, NULL, 1);
      unmap(&f);
      run_once(&f, workspace, at_end, backwards, 3);
      if (at_end)
        refuse_mistakes(&f);
      unmap(&f);
    }
  }
  check_libraries();
  printf("%d functions, %d failures\n", functions, failures);
  return failures != 0;
}
