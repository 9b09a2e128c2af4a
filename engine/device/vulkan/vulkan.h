/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vulkan devices: the driver's loader is opened when asked for, its physical
 * devices are listed with what they have and why one cannot be used, and each
 * opens as a dd_device.  Without a loader, or built without Vulkan, dd_vulkan_new
 * fails with the reason and everything else goes on.
 */
#pragma once

#include "device/device.h"

#define DD_VULKAN_DEVICES 8 /* listed at most */

typedef struct dd_vulkan dd_vulkan;

/* Features that a mask can take away, for tests and for faulty drivers. */
typedef enum dd_vulkan_feature {
  DD_VULKAN_DOT = 1 << 0,         /* integer dot products */
  DD_VULKAN_MATRIX = 1 << 1,      /* KHR cooperative matrices */
  DD_VULKAN_DIRECT = 1 << 2,      /* device memory that the host writes */
  DD_VULKAN_FLEXIBLE = 1 << 3,    /* NV cooperative matrices 2: larger ones */
} dd_vulkan_feature;

typedef struct dd_vulkan_options {
  const char *loader;     /* the library; NULL: libvulkan.so.1 */
  const char *cache;      /* a folder for compiled pipelines, copied; NULL: none are kept */
  unsigned without;       /* dd_vulkan_feature */
  unsigned with; /* dd_vulkan_feature: DOT and MATRIX are used though the driver has them in
                    * software, FLEXIBLE only then */
  int submission_ms; /* how long one submission may run, about; 0: 50 */
  /* For tests: stands between the device and the driver; NULL: nothing does. */
  void *(*intercept) (const char *name, void *function, void *user);
  void *intercept_user;
  bool apart; /* every array has an allocation of its own, no longer than it needs */
} dd_vulkan_options;

typedef enum dd_vulkan_kind {
  DD_VULKAN_DISCRETE,
  DD_VULKAN_INTEGRATED,
  DD_VULKAN_OTHER,
  DD_VULKAN_RASTERISER, /* a processor in disguise: never chosen unless named */
} dd_vulkan_kind;

typedef struct dd_vulkan_info {
  char id[32]; /* "vulkan:0" */
  char name[96];
  char driver[160]; /* name and version */
  char uuid[56]; /* the driver's, and something behind it where two devices have the same */
  char key
      [100]; /* of the driver, the shaders and their test: a verdict holds while it is the same */
  dd_vulkan_kind kind;
  bool matrices; /* it has cooperative matrices */
  bool flexible; /* and these in sizes of one's own */
  char problem[200]; /* why it cannot be used; "" if it can */
} dd_vulkan_info;

/* Opens the loader and lists the devices, the best first: usable before unusable,
 * discrete before integrated before others, more memory before less.  Free with
 * dd_vulkan_free after every device opened of it. */
DD_MUST_CHECK bool dd_vulkan_new (const dd_vulkan_options *options,
                                  dd_vulkan **out,
                                  dd_error *error);
void dd_vulkan_free (dd_vulkan **vulkan);
int dd_vulkan_count (const dd_vulkan *vulkan);
void dd_vulkan_info_get (const dd_vulkan *vulkan, int i, dd_vulkan_info *out);

/* What device `i` is and has, without opening it.  False: it cannot be used. */
DD_MUST_CHECK bool dd_vulkan_caps (dd_vulkan *vulkan, int i, dd_caps *out, dd_error *error);

/* Opens device `i`.  It may be opened again after it was lost and freed. */
DD_MUST_CHECK bool dd_vulkan_open (dd_vulkan *vulkan, int i, dd_device **out, dd_error *error);

/* What was measured on device `i` of matrices of all models so far, one way and number of
 * vectors each; without opening it.  Returns how many there are, of which the first `room` are
 * written; none where there is no cache. */
size_t dd_vulkan_trials (dd_vulkan *vulkan, int i, dd_trial *out, size_t room);

/* Bytes per second that a plain copy in the device's own memory reads and writes, the best of
 * a few; 0: it could not be measured.  Takes memory for a while, and blocks. */
double dd_vulkan_copy_limit (dd_device *device);

/* Bytes that a device has allocated, of all kinds (for tests). */
uint64_t dd_vulkan_bytes (const dd_device *device);
