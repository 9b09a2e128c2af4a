/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every step on every device of this machine against the reference device, with
 * output buffers full of NaN, ragged sizes and data at the edges; and bit for
 * bit against itself: a row alone, in chunks of any size, on other threads.
 *
 *   test-steps [--all] [--device NAME [--pairs]] [--only KIND[/NUMBER]] [--part I/N]
 *
 * --all runs the long matrix, for Vulkan of a processor one whole product of steps,
 * types, rows and ways, and pairs for the rest; --part the numbers of rows of part I of N, from 0.
 * A failing line names KIND/NUMBER and the device.
 */
#include <math.h>

#include "awkward.h"
#include "check.h"
#include "device/cpu/cpu.h"
#include "device/reference/reference.h"
#include "device/vulkan/vulkan.h"
#include "steps.h"

#ifdef TEST_VULKAN
#include "guard.h"
#endif

#define NUMBERS (RANDOM_TYPES * STEP_SHAPES) /* of one round */
#define MAIN_NUMBERS (RANDOM_TYPES * STEP_MAIN_SHAPES)
#define MOST_DEVICES 16
#define MOST_ROWS 128

/* NMSE of products whose activations are rounded to 8 bits.  Where one element outshines its block
 * the others drown, which is the rounding and no fault; a row alone may be unlucky. */
#define LIMIT_8_BIT 5e-4
#define LIMIT_8_BIT_EXTREME 5e-3
#define ROW_FACTOR 20
#define LIMIT_FLOAT 1e-7
#define LIMIT_ATTEND 1e-6

typedef struct tested {
  char name[48];
  dd_device *device;
  dd_device *twin; /* the same on another number of threads, or NULL */
  double allowance; /* added to every limit */
  bool no_large; /* keeps activations in 16 bits */
  int every; /* takes every n-th case; 0: those of is_of_pairs */
  int way; /* WAY_…, where `every` is 0 */
  double worst[DD_STEP_KINDS];
  double worst_type[RANDOM_TYPES][2]; /* few rows, many rows; ordinary data, one type */
  int cases;
  bool all_shapes; /* takes the shapes beyond STEP_MAIN_SHAPES in every round */
} tested;

static tested devices[MOST_DEVICES];
static int n_devices;
static dd_device *judge;
/* How Vulkan devices multiply, though the driver may have it in software: bytes, and matrices
 * where there are some; plain is neither, with nothing that host and device both see.  In the
 * place of the matrices bytes alone, and larger ones: for what this changes, prompt rows. */
enum { WAY_BYTES, WAY_PLAIN, WAY_TILES, WAY_LARGER, WAYS };
static const char *const way_names[WAYS] = { "bytes", "plain", "tiles", "larger" };
static dd_vulkan *vulkans[WAYS];
static bool pairs; /* also of a device that was named, and without what needs other pipelines */

static int part, parts = 1; /* of the shapes */

static tested *
add_device (const char *name, dd_device *device)
{
  tested *t = &devices[n_devices++];

  snprintf (t->name, sizeof t->name, "%s", name);
  t->device = device;
  t->every = 1;
  return t;
}

/* One device for each family of instructions, the best first. */
static void
add_cpus (void)
{
  unsigned without = 0;
  dd_cpu_isa isa;

  do {
    dd_cpu_options options = { .threads = 2, .without = without };
    dd_device *device;
    dd_error error;
    char name[48];
    tested *t;

    isa = dd_cpu_isa_best (without);
    snprintf (name, sizeof name, "cpu %s", dd_cpu_isa_name (isa));
    REQUIRE_OK (dd_cpu_open (&options, &device, &error), error);
    t = add_device (name, device);
    options.threads = 3;
    REQUIRE_OK (dd_cpu_open (&options, &t->twin, &error), error);
    without |= 1u << isa;
  } while (isa != DD_CPU_SCALAR);
}

/* Every Vulkan device of the machine that can be used, in each way ("vulkan:0 bytes"); with
 * one named, that alone; "vulkan:0" names all its ways. */
static void
add_vulkan (dd_vulkan *vulkan, int i, int way, const char *only)
{
  dd_vulkan_info info;
  dd_device *device;
  dd_error error;
  char name[48];
  tested *t;

  dd_vulkan_info_get (vulkan, i, &info);
  snprintf (name, sizeof name, "%s %s", info.id, way_names[way]);
  if (info.problem[0] || (only && strncmp (only, name, strlen (only)))
      || (way == WAY_TILES && !info.matrices) || (way == WAY_LARGER && !info.flexible)
      || n_devices == MOST_DEVICES)
    return;
  REQUIRE_OK (dd_vulkan_open (vulkan, i, &device, &error), error);
  t = add_device (name, device);
  t->every = info.kind == DD_VULKAN_RASTERISER && !only ? 0 : 1;
  t->way = way;
  t->all_shapes = true;
  /* Matrices take a prompt's activations in 16 bits. */
  t->allowance = way == WAY_BYTES || way == WAY_LARGER ? 5e-7 : 0;
}

static void
add_vulkans (const char *only)
{
  static const dd_vulkan_options ways[WAYS] = {
    [WAY_BYTES] = { .with = DD_VULKAN_DOT | DD_VULKAN_MATRIX },
    [WAY_PLAIN] = { .without = DD_VULKAN_DOT | DD_VULKAN_MATRIX | DD_VULKAN_DIRECT },
    [WAY_TILES] = { .with = DD_VULKAN_DOT, .without = DD_VULKAN_MATRIX },
    [WAY_LARGER] = { .with = DD_VULKAN_DOT | DD_VULKAN_FLEXIBLE },
  };
  dd_error error;

  if (only && strncmp (only, "vulkan", 6))
    return;
  for (int way = 0; way < WAYS; way++) {
    dd_vulkan_options options = ways[way];

    options.apart = true;
#ifdef TEST_VULKAN
    options.intercept = guard_intercept;
#endif
    if (!dd_vulkan_new (&options, &vulkans[way], &error))
      return;
    for (int i = 0; i < dd_vulkan_count (vulkans[way]); i++)
      add_vulkan (vulkans[way], i, way, only);
  }
}

static void
add_devices (const char *only)
{
  dd_device *device;
  dd_error error;
  tested *t;

  REQUIRE_OK (dd_reference_open (&judge, &error), error);
  REQUIRE_OK (dd_reference_open (&device, &error), error);
  t = add_device ("reference", device);
  t->every = 7;
  REQUIRE_OK (awkward_open (&device, &error), error);
  t = add_device ("awkward", device);
  t->allowance = 2e-5;
  t->no_large = true;
  t->every = 4;
  add_cpus ();
  add_vulkans (only);
  for (int i = 0; i < n_devices && only; i++) {
    if (!strncmp (devices[i].name, only, strlen (only)))
      return;
  }
  if (only && !strncmp (only, "vulkan", 6)) {
    printf ("there is no device %s\n", only);
    exit (CHECK_SKIP);
  }
  CHECK_MSG (!only, "there is no device %s", only);
}

static bool
all_float (const step_case *c)
{
  for (int i = 0; i < c->n_types; i++) {
    if (dd_type_get ((uint32_t) c->types[i])->block > 1)
      return false;
  }
  return true;
}

static double
limit_of (const tested *t, const step_case *c)
{
  if (c->kind == DD_STEP_ATTEND)
    return LIMIT_ATTEND + t->allowance;
  if (c->kind == DD_STEP_EMBED || all_float (c))
    return LIMIT_FLOAT + t->allowance;
  /* GATE multiplies two products, so two errors. */
  if (c->kind == DD_STEP_GATE)
    return (c->extreme ? 4 * LIMIT_8_BIT_EXTREME : 2 * LIMIT_8_BIT) + t->allowance;
  return (c->extreme ? LIMIT_8_BIT_EXTREME : LIMIT_8_BIT) + t->allowance;
}

static void
record (tested *t, const step_case *c, double distance)
{
  int many = c->n_prompt > 0;
  int type = c->number % RANDOM_TYPES;
  bool one_type = true;

  t->cases++;
  t->worst[c->kind] = fmax (t->worst[c->kind], distance);
  for (int i = 1; i < c->n_types; i++)
    one_type = one_type && c->types[i] == c->types[0];
  if (c->extreme || !one_type
      || !(c->kind == DD_STEP_QKV || c->kind == DD_STEP_PROJECT || c->kind == DD_STEP_HEAD))
    return;
  t->worst_type[type][many] = fmax (t->worst_type[type][many], distance);
}

/* Rows of the case in chunks must give the bits that they gave together. */
static void
check_chunks (tested *t,
              const step_case *c,
              const int *rows,
              int n,
              const int *chunks,
              const step_result *whole,
              const char *how)
{
  step_result result;
  dd_error error = { 0 };
  char text[512];

  step_case_print (c, text, sizeof text);
  CHECK_MSG (step_run (t->device, c, rows, n, chunks, &result, &error), "%s: %s: %s: %s", t->name,
             text, how, error.text);
  CHECK_MSG (step_same_bits (&result, whole), "%s: %s: other bits %s", t->name, text, how);
  step_result_clear (&result);
}

static void
check_bits (tested *t, const step_case *c, const int *rows, int n, const step_result *whole)
{
  random_dice dice = { (uint64_t) c->number };
  int chunks[MOST_ROWS + 1] = { 0 };

  for (int i = 0; i < n; i++)
    chunks[i] = 1;
  if (n > 1 && n <= 16)
    check_chunks (t, c, rows, n, chunks, whole, "alone");
  for (int i = 0; i < n; i++)
    chunks[i] = 1 + dice_below (&dice, n < 40 ? n : 40);
  if (n > 1)
    check_chunks (t, c, rows, n, chunks, whole, "in chunks");
}

static void
check_twin (tested *t, const step_case *c, const int *rows, int n, const step_result *whole)
{
  tested twin = *t;

  twin.device = t->twin;
  check_chunks (&twin, c, rows, n, NULL, whole, "on more threads");
}

static void
check_device (tested *t, const step_case *c, const int *rows, int n, const step_result *expected)
{
  step_result result;
  dd_error error = { 0 };
  char text[512];
  step_error distance;

  step_case_print (c, text, sizeof text);
  if (!step_run (t->device, c, rows, n, NULL, &result, &error)) {
    CHECK_MSG (false, "%s: %s: %s", t->name, text, error.text);
    step_result_clear (&result);
    return;
  }
  distance = step_compare (c, &result, expected);
  record (t, c, distance.all);
  CHECK_MSG (distance.all <= limit_of (t, c) && distance.row <= ROW_FACTOR * limit_of (t, c),
             "%s: %s: NMSE %.2e, of a row %.2e", t->name, text, distance.all, distance.row);
  CHECK_MSG (!result.elsewhere, "%s: %s: wrote a slot of no row", t->name, text);
#ifdef TEST_VULKAN
  CHECK_MSG (guard_broken () == 0, "%s: %s: wrote beyond an array", t->name, text);
#endif
  if (!pairs)
    check_bits (t, c, rows, n, &result);
  if (t->twin && c->number % 2)
    check_twin (t, c, rows, n, &result);
  step_result_clear (&result);
}

/* Every type with every number of rows once, with one step, kind of rows and way for each so
 * that every pair of values of two of these comes up; and each step for rows of both kinds.
 * Tiles and larger matrices come up where bytes do, for those rows that they are for. */
static bool
is_of_pairs (const tested *t, dd_step_kind kind, int number)
{
  bool plain = t->way == WAY_PLAIN;
  static const dd_step_kind kinds[] = {
    DD_STEP_GATE, DD_STEP_HEAD,    DD_STEP_EMBED, DD_STEP_ATTEND,  DD_STEP_PROJECT,
    DD_STEP_QKV,  DD_STEP_PROJECT, DD_STEP_QKV,   DD_STEP_PROJECT,
  };
  /* Of the shapes of step_case_new: 1, 2, 3, 5, 8, 16, 17, 33 and 65 rows. */
  static const int shapes[9][2] = { { 0, 5 },  { 1, 15 }, { 2, 16 }, { 11, 6 }, { 3, 17 },
                                    { 4, 18 }, { 12, 7 }, { 13, 8 }, { 14, 19 } };
  int type = number % RANDOM_TYPES;
  int shape = number / RANDOM_TYPES % STEP_SHAPES;

  for (int rows = 0; rows < 9; rows++) {
    /* Many made rows are slow to compile for: with few of the types. */
    bool prompt = rows < 5 ? (type + rows) % 2 : type % 5 != rows - 5;

    if (shape == shapes[rows][prompt] && (prompt || t->way < WAY_TILES))
      return kinds[(type + rows) % 9] == kind && (2 * type + rows) / 2 % 2 == plain;
  }
  return shape == STEP_BOTH_KINDS && type == 2 * (int) kind && (int) kind % 2 == plain;
}

static bool
takes_case (const tested *t, dd_step_kind kind, int number, bool all, const char *only)
{
  if (only && strncmp (only, t->name, strlen (only)) != 0)
    return false;
  if (only)
    return !pairs || is_of_pairs (t, kind, number);
  if (t->every == 0)
    return (all && number < NUMBERS) || is_of_pairs (t, kind, number);
  if (!t->all_shapes && !all && number % NUMBERS >= MAIN_NUMBERS)
    return false;
  return t->every <= 1 || number % t->every == 0;
}

static void
run_case (dd_step_kind kind, int number, bool all, const char *only_device)
{
  step_case *c = step_case_new (kind, number);
  int n = c->n_prompt + c->n_decode;
  int rows[MOST_ROWS];
  step_result expected = { 0 };
  dd_error error;

  for (int i = 0; i < n; i++)
    rows[i] = i;
  for (int i = 0; i < n_devices; i++) {
    tested *t = &devices[i];

    if (!takes_case (t, kind, number, all, only_device) || (c->large && t->no_large))
      continue;
    if (!expected.out)
      REQUIRE_OK (step_run (judge, c, rows, n, NULL, &expected, &error), error);
    check_device (t, c, rows, n, &expected);
  }
  step_result_clear (&expected);
  step_case_free (&c);
}

static void
check_case (dd_step_kind kind, int number, bool all, const char *only_device)
{
  if (number / RANDOM_TYPES % parts == part)
    run_case (kind, number, all, only_device);
}

static void
print_worst (const tested *t)
{
  if (t->cases == 0)
    return;
  printf ("%s: %d cases; worst NMSE", t->name, t->cases);
  for (int k = 0; k < DD_STEP_KINDS; k++)
    printf (" %s %.1e", dd_step_name ((dd_step_kind) k), t->worst[k]);
  printf ("\n ordinary products, few rows | many rows:");
  for (int i = 0; i < RANDOM_TYPES; i++)
    printf (" %s %.1e|%.1e", dd_type_get ((uint32_t) random_types[i])->name, t->worst_type[i][0],
            t->worst_type[i][1]);
  printf ("\n");
}

static void
run_only (const char *only, const char *only_device)
{
  size_t length = strcspn (only, "/");
  int found = 0;

  for (int k = 0; k < DD_STEP_KINDS; k++) {
    const char *name = dd_step_name ((dd_step_kind) k);

    if (strlen (name) != length || strncmp (name, only, length))
      continue;
    found++;
    for (int number = 0; number < NUMBERS && !only[length]; number++)
      check_case ((dd_step_kind) k, number, true, only_device);
    if (only[length])
      check_case ((dd_step_kind) k, atoi (only + length + 1), true, only_device);
  }
  CHECK_MSG (found == 1, "there is no step %s", only);
}

int
main (int argc, char **argv)
{
  const char *only_device = NULL;
  const char *only = NULL;
  int rounds = 1;

  for (int i = 1; i < argc; i++) {
    if (!strcmp (argv[i], "--all"))
      rounds = 12;
    else if (!strcmp (argv[i], "--pairs"))
      pairs = true;
    else if (!strcmp (argv[i], "--device") && i + 1 < argc)
      only_device = argv[++i];
    else if (!strcmp (argv[i], "--only") && i + 1 < argc)
      only = argv[++i];
    else if (!strcmp (argv[i], "--part") && i + 1 < argc
             && (sscanf (argv[++i], "%d/%d", &part, &parts) != 2 || parts < 1))
      return 2;
  }
  add_devices (only_device);
  if (only)
    run_only (only, only_device);
  for (int k = 0; k < DD_STEP_KINDS && !only; k++) {
    /* One number is one type and one shape; ATTEND has no weights. */
    for (int number = 0; number < rounds * NUMBERS; number++)
      check_case ((dd_step_kind) k, number, rounds > 1, only_device);
  }
  for (int i = 0; i < n_devices; i++) {
    print_worst (&devices[i]);
    dd_device_free (&devices[i].twin);
    dd_device_free (&devices[i].device);
  }
  dd_device_free (&judge);
  for (int i = 0; i < WAYS; i++)
    dd_vulkan_free (&vulkans[i]);
  return check_done ();
}
