/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The growing, indexed lists of keys and tensors.  They grow with what is really
 * in the file, never by a count that the file claims.
 */
#include <string.h>

#include "gguf/parse.h"

void *
dd_gguf_list_add (dd_gguf_list *list)
{
  if (list->count == list->room) {
    size_t room = list->room > 0 ? 2 * list->room : 64;

    if (!dd_grow (DD_TAG_GGUF, &list->items, list->room * list->item_size, room * list->item_size))
      return NULL;
    list->room = room;
  }
  return (char *) list->items + list->count++ * list->item_size;
}

void
dd_gguf_list_clear (dd_gguf_list *list)
{
  dd_free (list->items);
  dd_table_clear (&list->index);
  *list = (dd_gguf_list) { .item_size = list->item_size };
}

bool
dd_gguf_list_index (dd_gguf_list *list, const char *label, const char *what, dd_error *error)
{
  if (!dd_table_init (&list->index, DD_TAG_GGUF, list->count))
    return dd_fail_memory (error, "a model's header");
  for (size_t i = 0; i < list->count; i++) {
    const dd_text *name = (const dd_text *) ((char *) list->items + i * list->item_size);

    if (!dd_table_put (&list->index, name->data, name->length, (uint32_t) i))
      return dd_fail (error, DD_ERROR_FORMAT, "%s is damaged: the %s “%.*s” stands twice", label,
                      what, (int) name->length, name->data);
  }
  return true;
}

const void *
dd_gguf_list_find (const dd_gguf_list *list, const char *name)
{
  uint32_t i;

  if (!dd_table_get (&list->index, name, strlen (name), &i))
    return NULL;
  return (char *) list->items + i * list->item_size;
}
