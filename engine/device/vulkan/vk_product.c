/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The products of prompt rows alone, in each of their ways: plain (many.comp), tiles
 * of bytes (many_tile.comp), cooperative matrices (many_matrix.comp).  Which pipelines a
 * way has, which of them suits how many rows, and how many workgroups it takes.
 */
#include "device/vulkan/vk_private.h"

#define PLAIN_THREADS 64
#define PLAIN_ROWS 16 /* of a workgroup */
#define TILE_THREADS 128
#define TILE_OUTPUTS 64 /* of a workgroup */
#define TILE_OF_THREAD 4 /* outputs */
#define MATRIX_SUBGROUPS 4 /* of a workgroup */

/* The pipelines of a way by the rows there are.  A result does not depend on it, so the rows
 * of a batch may decide. */
enum {
  SIZE_LARGE,
  SIZE_MEDIUM,
  SIZE_LOW, /* few rows */
};
static_assert (SIZE_LOW < VK_PRODUCT_SIZES, "room for every size");

/* How a workgroup's subgroups lie, and the matrices of each. */
static const struct matrix_size {
  uint32_t subgroups_o; /* side by side along the outputs */
  uint32_t matrices_o, matrices_r;
} matrix_sizes[VK_PRODUCT_SIZES] = {
  [SIZE_LARGE] = { 2, 4, 4 },
  [SIZE_MEDIUM] = { 2, 2, 2 },
  [SIZE_LOW] = { 4, 2, 2 },
};

/* Rows of a tile of bytes. */
static const uint32_t tile_rows[VK_PRODUCT_SIZES] = {
  [SIZE_LARGE] = 64,
  [SIZE_MEDIUM] = 64,
  [SIZE_LOW] = 32,
};

/* ---- plain ------------------------------------------------------------- */

static bool
get_plain (vk_device *device, dd_type type, bool normed, const vk_pipeline **out, dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = { VK_BY_TYPE (many_, ) };

  return vk_pipeline_get (device, shaders[type],
                          (uint32_t[]) { PLAIN_THREADS, device->features.narrow, PLAIN_ROWS,
                                         vk_loads_one_by_one (&device->features), normed },
                          5, out, error);
}

/* ---- tiles of bytes ---------------------------------------------------- */

static bool
get_tile (vk_device *device, dd_type type, int size, const vk_pipeline **out, dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = { VK_BY_QUANTISED_TYPE (tile_, ) };

  return vk_pipeline_get (device, shaders[type],
                          (uint32_t[]) { TILE_THREADS, device->features.narrow, TILE_OUTPUTS,
                                         tile_rows[size], TILE_OF_THREAD },
                          5, out, error);
}

/* ---- matrices ---------------------------------------------------------- */

static bool
usable_shape (const vk_shape *shape)
{
  return shape->m % 8 == 0 && shape->n % 8 == 0 && shape->k % 8 == 0
         && VK_PRODUCT_PAD % shape->m == 0 && VK_PRODUCT_PAD % shape->n == 0
         && VK_LANE % shape->k == 0;
}

/* The largest of the device's matrices as it lists them; NULL: it has none or none worth using. */
static const vk_shape *
matrix_of (const vk_device *device)
{
  const vk_shape *best = NULL;

  for (int i = 0; i < device->features.n_shapes; i++) {
    const vk_shape *shape = &device->features.shapes[i];

    if (usable_shape (shape)
        && (!best || shape->m * shape->n * shape->k > best->m * best->n * best->k))
      best = shape;
  }
  return best;
}

static const vk_shape flexible = { VK_FLEXIBLE_SIDE, VK_FLEXIBLE_SIDE, VK_FLEXIBLE_SIDE };
static_assert (VK_PRODUCT_PAD % VK_FLEXIBLE_SIDE == 0, "targets have room for whole matrices");
static_assert (VK_LANE % VK_FLEXIBLE_SIDE == 0, "a unit has whole matrices");

/* Fewer of those that are larger. */
static struct matrix_size
matrix_size_of (const vk_shape *shape, int size)
{
  struct matrix_size lies = matrix_sizes[size];

  if (shape == &flexible) {
    lies.matrices_o /= 2;
    lies.matrices_r /= 2;
  }
  return lies;
}

#define TABLE_BYTES 1024 /* that the IQ4 types look levels up in */

/* Two units of a tile's weights and rows, padded: see many_matrix.comp. */
static bool
fits_shared (const vk_device *device, const vk_shape *shape, const struct matrix_size *size)
{
  uint32_t outputs = size->subgroups_o * size->matrices_o * shape->m;
  uint32_t rows = MATRIX_SUBGROUPS / size->subgroups_o * size->matrices_r * shape->n;

  return 2 * (outputs + rows) * 80 + TABLE_BYTES <= device->features.shared_bytes;
}

static bool
get_matrix (vk_device *device,
            dd_type type,
            const vk_shape *shape,
            int size,
            const vk_pipeline **out,
            dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = {
    VK_BY_QUANTISED_TYPE (matrix_, ),
    [DD_TYPE_F16] = VK_SHADER_matrix_f16,
  };
  struct matrix_size lies = matrix_size_of (shape, size);
  uint32_t subgroup = device->features.subgroup;

  if (size == SIZE_LARGE && !fits_shared (device, shape, &lies))
    lies = matrix_size_of (shape, SIZE_MEDIUM);
  return vk_pipeline_get (device, shaders[type],
                          (uint32_t[]) { MATRIX_SUBGROUPS * subgroup, subgroup, shape->m, shape->n,
                                         shape->k, lies.matrices_o, lies.matrices_r,
                                         lies.subgroups_o },
                          8, out, error);
}

/* ---- any --------------------------------------------------------------- */

/* f16 has not the range of F32 and BF16; these have no bytes either, nor has F16. */
unsigned
vk_product_ways (const vk_device *device, dd_type type)
{
  bool quantised = dd_type_get ((uint32_t) type)->block > 1;
  bool matrices = type != DD_TYPE_F32 && type != DD_TYPE_BF16 && matrix_of (device);
  bool tiles = quantised && !(device->vulkan->options.without & DD_VULKAN_DOT);

  return (matrices ? VK_WAY_MATRICES : 0) | (tiles ? VK_WAY_TILES : 0)
         | (matrices && device->features.flexible ? VK_WAY_FLEXIBLE : 0);
}

/* Large tiles unless there are few rows, or so few tiles that most of a GPU would rest. */
static int
size_for (uint32_t outputs, uint32_t rows)
{
  bool little = (uint64_t) outputs * rows < 96 * 128 * 128;

  return rows <= 32 ? SIZE_LOW : little ? SIZE_MEDIUM : SIZE_LARGE;
}

static bool
get_pipeline (vk_device *device,
              dd_type type,
              unsigned way,
              bool normed,
              int size,
              const vk_pipeline **out,
              dd_error *error)
{
  switch (way) {
  case VK_WAY_MATRICES: return get_matrix (device, type, matrix_of (device), size, out, error);
  case VK_WAY_FLEXIBLE: return get_matrix (device, type, &flexible, size, out, error);
  case VK_WAY_TILES: return get_tile (device, type, size, out, error);
  default: return get_plain (device, type, normed, out, error);
  }
}

bool
vk_product_prepare (vk_device *device,
                    dd_type type,
                    unsigned way,
                    bool normed,
                    vk_product *out,
                    dd_error *error)
{
  out->way = way;
  for (int size = 0; size < VK_PRODUCT_SIZES; size++) {
    if (!get_pipeline (device, type, way, normed, size, &out->pipelines[size], error))
      return false;
  }
  return true;
}

void
vk_product_record (vk_recorder *recorder,
                   const vk_product *product,
                   const struct vk_push_many *push)
{
  const vk_pipeline *pipeline = product->pipelines[size_for (push->outputs, push->rows)];
  const uint32_t *constants = pipeline->constants;
  uint32_t outputs = PLAIN_THREADS, rows = PLAIN_ROWS;

  if (product->way & VK_WAYS_OF_HALVES) {
    outputs = constants[7] * constants[5] * constants[2];
    rows = MATRIX_SUBGROUPS / constants[7] * constants[6] * constants[3];
  } else if (product->way == VK_WAY_TILES) {
    outputs = constants[2];
    rows = constants[3];
  }
  vk_dispatch (recorder, pipeline, push, sizeof *push, vk_blocks (push->outputs, outputs),
               vk_blocks (push->rows, rows), 1);
}
