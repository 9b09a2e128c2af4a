/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page where two models are asked the same.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"
#include "dadam-library.h"

G_BEGIN_DECLS

#define DADAM_TYPE_COMPARE_PAGE (dadam_compare_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamComparePage, dadam_compare_page, DADAM, COMPARE_PAGE, AdwBin)

void dadam_compare_page_set_up (DadamComparePage *self,
                                DadamEngine *engine,
                                DadamLibrary *library,
                                DadamArchive *archive,
                                GSettings *settings);
gint64 dadam_compare_page_get_shown (DadamComparePage *self);
gboolean dadam_compare_page_is_empty (DadamComparePage *self);
void dadam_compare_page_show (DadamComparePage *self, gint64 id);
void dadam_compare_page_show_message (DadamComparePage *self, gint64 message, const char *sought);
void dadam_compare_page_find (DadamComparePage *self);
void dadam_compare_page_attach (DadamComparePage *self, GFile *file);
void dadam_compare_page_begin (DadamComparePage *self);
void dadam_compare_page_begin_with (DadamComparePage *self, const char *path, const char *text);

G_END_DECLS
