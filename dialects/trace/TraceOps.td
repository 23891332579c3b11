// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All ops. The order of the records is the order of OpKind.
include "dialects/trace/Elementwise.td"
include "dialects/trace/Reductions.td"
include "dialects/trace/Rows.td"
include "dialects/trace/Contractions.td"
include "dialects/trace/Views.td"
include "dialects/trace/Movement.td"
include "dialects/trace/Index.td"
include "dialects/trace/Creation.td"
include "dialects/trace/Losses.td"
include "dialects/trace/Layers.td"
include "dialects/trace/Products.td"
