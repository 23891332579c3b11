# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The transformer block of Block.h by PyTorch.
import torch.nn.functional as F


def attention(x, p, heads, causal):
    batch, length, width = x.shape
    parts = F.linear(x, p["weight_qkv"]).view(batch, length, 3, heads, width // heads)
    query, key, value = parts.permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    mixed = mixed.transpose(1, 2).reshape(batch, length, width)
    return F.linear(mixed, p["weight_mix"], p["bias_mix"])


def block(x, p, heads, causal):
    def norm(values, which):
        return F.layer_norm(values, values.shape[-1:], p["scale_" + which], p["bias_" + which])

    x = x + attention(norm(x, "first"), p, heads, causal)
    wide = F.gelu(F.linear(norm(x, "second"), p["weight_up"], p["bias_up"]))
    return x + F.linear(wide, p["weight_down"], p["bias_down"])


def encoder_block(x, weight_qkv, weight_mix, bias_mix, scale_first, bias_first, scale_second,
                  bias_second, weight_up, bias_up, weight_down, bias_down, *, heads):
    p = {name: value for name, value in locals().items() if name not in ("x", "heads")}
    return block(x, p, heads, causal=False)
