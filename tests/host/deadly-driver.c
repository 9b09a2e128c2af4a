/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A Vulkan driver that ends the program which asks it for graphics cards, while the file
 * is there that the environment names in DADAM_DEADLY; else it has none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define INCOMPATIBLE_DRIVER (-9) /* as Vulkan counts */

__attribute__ ((visibility ("default"))) int32_t
vk_icdNegotiateLoaderICDInterfaceVersion (uint32_t *version);

int32_t
vk_icdNegotiateLoaderICDInterfaceVersion (uint32_t *version)
{
  const char *path = getenv ("DADAM_DEADLY");

  if (path != NULL && access (path, F_OK) == 0)
    abort ();
  return INCOMPATIBLE_DRIVER;
}
