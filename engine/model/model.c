/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a GGUF file to a plan: the table of families.
 */
#include "model/model.h"

#include <string.h>

#include "model/private.h"

static const dd_arch *const families[] = { &dd_arch_llama, &dd_arch_qwen2 };

const dd_arch *
dd_model_family (size_t i)
{
  return i < sizeof families / sizeof families[0] ? families[i] : NULL;
}

static bool
find_family (const dd_gguf *gguf, const dd_arch **out, dd_error *error)
{
  dd_text name;

  if (!dd_gguf_string (dd_gguf_find (gguf, "general.architecture"), &name))
    return dd_fail (error, DD_ERROR_FORMAT,
                    "the file does not say its model's family "
                    "(general.architecture); it is damaged");
  for (size_t i = 0; (*out = dd_model_family (i)) != NULL; i++)
    if (strlen ((*out)->name) == name.length && memcmp ((*out)->name, name.data, name.length) == 0)
      return true;
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "the model is of the family “%.*s”; Dadam runs llama (Llama, Mistral, komt) and "
                  "qwen2",
                  (int) (name.length < 40 ? name.length : 40), name.data);
}

/* Adapters and vocabularies come as GGUF too. */
static bool
check_kind (const dd_gguf *gguf, dd_error *error)
{
  dd_text type;

  if (dd_gguf_string (dd_gguf_find (gguf, "general.type"), &type)
      && !(type.length == 5 && memcmp (type.data, "model", 5) == 0))
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "the file holds no whole model but a “%.*s”; open the model that it belongs to",
                    (int) (type.length < 40 ? type.length : 40), type.data);
  return true;
}

static bool
is_broken (const void *gguf)
{
  return dd_gguf_broken (gguf);
}

static bool
new_plan (const dd_gguf *gguf, const dd_shape *shape, dd_plan **out, dd_error *error)
{
  dd_arena arena;
  dd_plan *plan;

  dd_arena_init (&arena, DD_TAG_PLAN);
  plan = dd_arena_alloc (&arena, sizeof *plan);
  if (plan == NULL)
    return dd_fail_memory (error, "the model's steps");
  plan->arena = arena;
  plan->width[DD_BUFFER_X] = shape->width;
  plan->width[DD_BUFFER_Q] = (int64_t) shape->heads * shape->head_dim;
  plan->width[DD_BUFFER_O] = (int64_t) shape->heads * shape->head_dim;
  plan->width[DD_BUFFER_H] = shape->hidden;
  plan->n_layers = shape->layers;
  plan->n_vocab = shape->vocab;
  plan->context = shape->context;
  plan->broken = is_broken;
  plan->owner = gguf;
  *out = plan;
  return true;
}

bool
dd_model_plan (const dd_gguf *gguf, dd_plan **out, dd_error *error)
{
  const dd_arch *family = NULL;
  dd_shape shape;
  dd_plan *plan;

  if (!check_kind (gguf, error) || !find_family (gguf, &family, error)
      || !dd_shape_read (gguf, &shape, error) || !new_plan (gguf, &shape, &plan, error))
    return false;
  if (!family->write (gguf, &shape, plan, error)) {
    dd_plan_free (&plan);
    return false;
  }
  *out = plan;
  return true;
}
