/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hub-model PATH: a tiny model for the stand-in Hub to offer.
 */
#include "tiny.h"

int
main (int argc, char **argv)
{
  tiny model = { .seed = 7, .chat_template = "### Instruction:\n{{ message }}\n\n### Response:\n" };

  if (argc != 2)
    return 2;
  tiny_write (&model, argv[1]);

  return 0;
}
