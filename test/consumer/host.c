/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A program that was built without C++ and opens a plug-in that uses tracejit, lets it work, and
   closes it: what was compiled and the thread that compiles may not go with it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
  void *plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  int (*work)(void) = NULL;
  if (plugin)
    *(void **)&work = dlsym(plugin, "consumer_work");
  if (!work) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const int status = work();
  dlclose(plugin);
  return status;
}
