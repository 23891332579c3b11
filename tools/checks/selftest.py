# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The checks see what they are for: each is shown something wrong and something right.
import unittest

import includes
import listed
import rt
import snippets
import symbols
import text
import tls
import weak_symbols


class Rt(unittest.TestCase):
    def test_what_members_define_is_not_needed(self):
        nm = "a.o:\n                 U memcpy\n                 U helper\n\nb.o:\n0000 T helper\n                 w fma\n"
        self.assertEqual(rt.undefined(nm), {"memcpy", "fma"})


class Includes(unittest.TestCase):
    def refused(self, path, spelling, quoted=True):
        return includes.judge(path, spelling, quoted) is not None

    def test_runtime_order(self):
        self.assertTrue(self.refused("runtime/base/Log.cpp", "runtime/ops/OpTable.h"))
        self.assertTrue(self.refused("runtime/tensor/Impl.h", "runtime/kernels/Pool.h"))
        self.assertTrue(self.refused("runtime/eager/A.cpp", "runtime/unknown/B.h"))
        self.assertFalse(self.refused("runtime/kernels/Pool.cpp", "runtime/tensor/Impl.h"))
        self.assertFalse(self.refused("runtime/trace/Log.cpp", "runtime/trace/Log.h"))

    def test_runtime_is_free_of_the_compiler(self):
        self.assertTrue(self.refused("runtime/jit/Cache.cpp", "compiler/cpu/Codegen.h"))
        self.assertTrue(self.refused("runtime/jit/Cache.cpp", "dialects/trace/Trace.h"))
        self.assertTrue(self.refused("runtime/base/Log.h", "llvm/ADT/StringRef.h", False))
        self.assertTrue(self.refused("runtime/base/Log.h", "mlir/IR/Builders.h", False))

    def test_compiler_order(self):
        self.assertTrue(self.refused("dialects/trace/Trace.cpp", "passes/Fuse.h"))
        self.assertTrue(self.refused("passes/Fuse.cpp", "runtime/eager/Dispatch.h"))
        self.assertTrue(self.refused("passes/Fuse.cpp", "runtime/trace/Graph.h"))
        self.assertTrue(self.refused("compiler/import/Import.cpp", "runtime/eager/Dispatch.h"))
        self.assertFalse(self.refused("passes/Fuse.cpp", "runtime/kernels/KernelCall.h"))
        self.assertFalse(self.refused("compiler/import/Import.cpp", "runtime/trace/Graph.h"))
        self.assertFalse(self.refused("compiler/import/Import.cpp", "mlir/IR/Builders.h", False))

    def test_public_headers(self):
        path = "runtime/include/tracejit/tensor.h"
        self.assertTrue(self.refused(path, "fmt/core.h", False))
        self.assertTrue(self.refused(path, "cuda.h", False))
        self.assertTrue(self.refused(path, "runtime/base/Meta.h"))
        self.assertFalse(self.refused(path, "vector", False))
        self.assertFalse(self.refused(path, "stdint.h", False))
        self.assertFalse(self.refused(path, "tracejit/dtype.h", False))

    def test_lines_are_found(self):
        source = '// x\n#  include "runtime/eager/Dispatch.h"\n'
        self.assertEqual(len(list(includes.problems_in("runtime/base/A.cpp", source))), 1)


class Listed(unittest.TestCase):
    def test_names_are_whole_words(self):
        files = {"a/CMakeLists.txt": "x(Tensor.cpp sub/Deep.cpp)"}
        self.assertTrue(listed.is_listed("a/Tensor.cpp", files))
        self.assertTrue(listed.is_listed("a/sub/Deep.cpp", files))
        self.assertFalse(listed.is_listed("a/sor.cpp", files))
        self.assertFalse(listed.is_listed("a/Deep.cpp", files))
        self.assertFalse(listed.is_listed("b/Tensor.cpp", files))

    def test_comments_do_not_list(self):
        self.assertNotIn("Old.cpp", listed.without_comments("x(New.cpp) # Old.cpp"))


class Snippets(unittest.TestCase):
    def test_programs_and_their_output(self):
        program = "```cpp\nint main() {}\n```\n"
        output = "Prints:\n\n```text\nstep 1\ntrace 1 f at a.cpp:1: active\n```\n"
        self.assertEqual(list(snippets.programs_in("Part:\n```cpp\nint x;\n```\n" + program)),
                         [("int main() {}\n", [])])
        self.assertEqual(list(snippets.programs_in(program + output)),
                         [("int main() {}\n", ["step 1"])])
        self.assertEqual(len(list(snippets.programs_in(program + "\n" + program + output))), 2)


    def test_a_page_can_be_one_program(self):
        page = (f"{snippets.ONE_PROGRAM}\n```cpp\n#include <a.h>\nint x = 1;\n```\n```text\none\n```\n"
                "| there | tracejit | gives |\n|---|---|---|\n| `a` | `b \\| c` | `f32[2] [1, 2]` |\n"
                "| `d` | `e` | |\n\n| what | instead |\n|---|---|\n| `f` | `g` |\n")
        (source, expected), = snippets.programs_in(page)
        self.assertEqual(expected, ["one", "f32[2][1,2]"])
        self.assertTrue(source.startswith("#include <a.h>\n"))
        self.assertTrue(source.endswith('int main() {\n#line 1 "page.cpp"\n\nint x = 1;\nrow(b | c);\ne;\n}\n'))


class Symbols(unittest.TestCase):
    def test_both_differences_are_told(self):
        found = symbols.exported("0000000000001000 T jit::sum(jit::Operand)\n"
                                 "0000000000001010 B jit::detail::started\n"
                                 "                 U malloc\n")
        self.assertEqual(found, ["jit::detail::started", "jit::sum(jit::Operand)"])
        self.assertEqual(len(list(symbols.differences(found, found, "x"))), 0)
        self.assertEqual(len(list(symbols.differences(found, found[1:] + ["gone"], "x"))), 2)


class Text(unittest.TestCase):
    def test_licence_and_length(self):
        good = f"// {text.LICENCE}\n"
        self.assertEqual(list(text.problems_in_code("a.cpp", good)), [])
        self.assertEqual(len(list(text.problems_in_code("a.cpp", "int x;\n"))), 1)
        self.assertEqual(len(list(text.problems_in_code("a.cpp", good + "\n" * 600))), 1)
        self.assertEqual(len(list(text.problems_in_code("a.cpp", good + "// TODO: later\n"))), 1)

    def test_machine_paths(self):
        self.assertEqual(len(list(text.problems_in_text("a.md", "see /home/me/x\n"))), 1)
        self.assertEqual(list(text.problems_in_text("a.md", "see docs/home/x\n")), [])


class Tls(unittest.TestCase):
    def test_size_is_read(self):
        line = "  TLS            0x171290 0x0000000000173290 0x0000000000173290 0x001200 0x001948 R   0x8\n"
        self.assertEqual(tls.tls_bytes("  LOAD 0x0 0x0 0x0 0x12 0x34 R 0x8\n" + line), 0x1948)
        self.assertEqual(tls.tls_bytes("  LOAD 0x0 0x0 0x0 0x12 0x34 R 0x8\n"), 0)


class WeakSymbols(unittest.TestCase):
    def test_shared_inline_code_is_found(self):
        nm = ("\nA.o:\n0000000000000000 W std::vector<int>::push_back(int&&)\n"
              "0000000000000000 W jit::v4::add<float>(float)\n"
              "0000000000000000 V vtable for X\n0000000000000000 T jit::add()\n"
              "0000000000000000 W __clang_call_terminate\n")
        self.assertEqual(len(weak_symbols.problems_in("v4", nm)), 1)
        self.assertEqual(len(weak_symbols.problems_in("v3", nm)), 2)


if __name__ == "__main__":
    unittest.main()
