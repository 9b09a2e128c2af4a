/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * write-large TYPE FILE [LAYERS]: a model of Mistral 7B's shape, all matrices of a type (Q4_0,
 * Q4_K…) and full of zeros, for measuring speed where no model can be fetched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quant/quant.h"
#include "tiny.h"

int
main (int argc, char **argv)
{
  tiny model = {
    .layers = argc > 3 ? atoi (argv[3]) : 32,
    .context = 32768,
    .vocab = 32000,
    .width = 4096,
    .heads = 32,
    .kv_heads = 8,
    .hidden = 14336,
    .zeros = true,
  };

  while (argc >= 3 && model.type < DD_TYPE_LIMIT
         && (!dd_type_get (model.type) || strcmp (dd_type_get (model.type)->name, argv[1]) != 0))
    model.type++;
  if (argc < 3 || argc > 4 || model.type == DD_TYPE_LIMIT || model.layers < 1) {
    fprintf (stderr, "usage: write-large TYPE FILE [LAYERS]\n");
    return 2;
  }
  tiny_write (&model, argv[2]);
  return 0;
}
