/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing GGUF version 3 (or 2): keys and tensors are collected, then written
 * in one pass to a temporary file that is renamed when it is whole.
 */
#pragma once

#include "gguf/reader.h"

typedef struct dd_gguf_writer dd_gguf_writer;

DD_MUST_CHECK bool dd_gguf_writer_new (dd_gguf_writer **out, dd_error *error);
void dd_gguf_writer_free (dd_gguf_writer **writer);

/* Each copies its name and value.  They return nothing: the first failure is
 * kept and reported by dd_gguf_writer_save. */
void dd_gguf_put_u32 (dd_gguf_writer *writer, const char *name, uint32_t value);
void dd_gguf_put_u64 (dd_gguf_writer *writer, const char *name, uint64_t value);
void dd_gguf_put_i32 (dd_gguf_writer *writer, const char *name, int32_t value);
void dd_gguf_put_f32 (dd_gguf_writer *writer, const char *name, float value);
void dd_gguf_put_bool (dd_gguf_writer *writer, const char *name, bool value);
void dd_gguf_put_string (dd_gguf_writer *writer, const char *name, const char *text, size_t length);
void dd_gguf_put_strings (dd_gguf_writer *writer,
                          const char *name,
                          const dd_text *texts,
                          size_t count);
void dd_gguf_put_array (dd_gguf_writer *writer,
                        const char *name,
                        dd_gguf_kind element,
                        const void *values,
                        size_t count); /* numbers only */
void dd_gguf_put_key (dd_gguf_writer *writer,
                      const dd_gguf_key *key); /* copied from another file */

/* `data` is borrowed until the file is written: dd_type_row_bytes of dims[0]
 * times the other dims. */
void dd_gguf_put_tensor (dd_gguf_writer *writer,
                         const char *name,
                         uint32_t type,
                         int n_dims,
                         const uint64_t *dims,
                         const void *data);
void dd_gguf_set_version (dd_gguf_writer *writer, uint32_t version);     /* 2 or 3 */
void dd_gguf_set_alignment (dd_gguf_writer *writer, uint32_t alignment); /* a power of two */

DD_MUST_CHECK bool dd_gguf_writer_save (dd_gguf_writer *writer, const char *path, dd_error *error);
