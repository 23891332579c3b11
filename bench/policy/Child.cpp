// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/policy/Child.h"

#include "bench/policy/Tasks.h"
#include "bench/suite/Limits.h"

#include <tracejit/compiler.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr const char *spin = "spin";

double process_cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// This environment with more options in TRACEJIT. What compiling costs is measured, so no child
/// finds what another one has compiled.
std::vector<std::string> environment_with(const std::string &options) {
  std::vector<std::string> entries = {"TRACEJIT_CACHE=off"};
  std::string value = options;
  for (char **entry = environ; *entry; ++entry) {
    if (std::strncmp(*entry, "TRACEJIT=", 9) != 0)
      entries.emplace_back(*entry);
    else if (options.empty())
      value = *entry + 9;
    else
      value = std::string(*entry + 9) + "," + options;
  }
  if (!value.empty())
    entries.push_back("TRACEJIT=" + value);
  return entries;
}

std::vector<char *> pointers_to(std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (std::string &text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts this program as a child that writes to `output`. Its process, or -1.
int start(const Words &words, const std::string &options, int output) {
  std::vector<std::string> arguments{"tracejit-bench", "--child"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<std::string> environment = environment_with(options);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t process = -1;
  if (posix_spawn(&process, "/proc/self/exe", &actions, nullptr, pointers_to(arguments).data(),
                  pointers_to(environment).data()) != 0)
    process = -1;
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

void read_answers(int input, std::map<std::string, double> &said) {
  std::FILE *file = fdopen(input, "r");
  char name[64];
  double value;
  while (std::fscanf(file, "%63s %lf", name, &value) == 2)
    said[name] = value;
  std::fclose(file);
}

[[noreturn]] void spin_for_ever() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (nice(5) == -1)
    std::perror("nice");
  volatile unsigned turns = 0;
  for (;;)
    turns = turns + 1;
}

} // namespace

double ChildResult::operator[](const std::string &name) const {
  const auto found = said.find(name);
  return found == said.end() ? NAN : found->second;
}

ChildResult run_child(const Words &words, const std::string &options) {
  ChildResult result;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return result;
  const int process = start(words, options, ends[1]);
  close(ends[1]);
  read_answers(ends[0], result.said);
  if (process < 0)
    return result;
  int status = 0;
  rusage used{};
  wait4(process, &status, 0, &used);
  result.exit_ms = 1e3 * (now(0) - result["main_ended"]);
  result.exit_cpu_ms = 1e3 * (seconds(used.ru_utime) + seconds(used.ru_stime) - result["main_cpu"]);
  result.ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return result;
}

void say(const std::string &name, double value) {
  std::printf("%s %.17g\n", name.c_str(), value);
  std::fflush(stdout);
}

int be_child(const Words &words) {
  if (words.at(0) == spin)
    spin_for_ever();
  void (*const task)(const Words &) = find_task(words[0]);
  if (!task)
    return 2;
  if (!jit::enable_compiler())
    return 1;
  task(words);
  say("main_cpu", process_cpu_seconds());
  say("main_ended", now(0));
  return 0;
}

BusyProcesses::BusyProcesses(int count) {
  for (int i = 0; i < count; ++i)
    if (const int process = start({spin}, "", STDERR_FILENO); process > 0)
      processes.push_back(process);
}

BusyProcesses::~BusyProcesses() {
  for (int process : processes) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
}

void pin() {
  cpu_set_t all, first;
  sched_getaffinity(0, sizeof(all), &all);
  CPU_ZERO(&first);
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &all)) {
      CPU_SET(i, &first);
      break;
    }
  sched_setaffinity(0, sizeof(first), &first);
}

} // namespace bench
