/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside of the GGUF reader: one part of a model, parsed from memory.
 */
#pragma once

#include "base/arena.h"
#include "base/table.h"
#include "gguf/reader.h"

/* Metadata larger than this is no language model's. */
#define DD_GGUF_METADATA_LIMIT (UINT64_C (256) << 20)

/* A growing list of keys or tensors with an index by name. */
typedef struct dd_gguf_list {
  void *items;
  size_t item_size;
  size_t count, room;
  dd_table index; /* made once the list is complete */
} dd_gguf_list;

typedef struct dd_gguf_part {
  const char *label;        /* the file's name in errors */
  const uint8_t *bytes;
  uint64_t size;
  bool header_only;

  uint32_t version;
  uint32_t alignment;
  dd_gguf_list keys;        /* dd_gguf_key */
  dd_gguf_list tensors;     /* dd_gguf_tensor */
} dd_gguf_part;

/* Fills a part whose first four members are set.  Clear it in any case. */
DD_MUST_CHECK bool dd_gguf_part_parse (dd_gguf_part *part, dd_error *error);
void dd_gguf_part_clear (dd_gguf_part *part);

/* Makes room for one more item at the end, zeroed, and returns it; NULL without memory. */
void *dd_gguf_list_add (dd_gguf_list *list);
void dd_gguf_list_clear (dd_gguf_list *list);
/* Indexes the items, each of which begins with its dd_text name; fails on a
 * name that stands twice. */
DD_MUST_CHECK bool dd_gguf_list_index (dd_gguf_list *list,
                                       const char *label,
                                       const char *what,
                                       dd_error *error);
/* NULL if there is none. */
const void *dd_gguf_list_find (const dd_gguf_list *list, const char *name);
