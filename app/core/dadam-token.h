/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The access token for the Hub: where it comes from, and where one that the user gives
 * is kept: in the keyring, or where there is none in memory.  It tells the hub.
 *
 * Properties: "source".
 */
#pragma once

#include "dadam-hub.h"

G_BEGIN_DECLS

/* The first that there is counts. */
typedef enum {
  DADAM_TOKEN_VARIABLE, /* HF_TOKEN */
  DADAM_TOKEN_KEYRING,
  DADAM_TOKEN_MEMORY,   /* until the program ends */
  DADAM_TOKEN_FILE,     /* of the Hub's own programs */
  DADAM_TOKEN_NONE,
} DadamTokenSource;

#define DADAM_TYPE_TOKEN_SOURCE (dadam_token_source_get_type ())
#define DADAM_TYPE_TOKEN (dadam_token_get_type ())

GType dadam_token_source_get_type (void);
G_DECLARE_FINAL_TYPE (DadamToken, dadam_token, DADAM, TOKEN, GObject)

DadamToken *dadam_token_new (DadamHub *hub);
DadamTokenSource dadam_token_get_source (DadamToken *self);
const char *dadam_token_get_file (DadamToken *self);
char *dadam_token_get_web_page (DadamToken *self);

void dadam_token_load_async (DadamToken *self, GAsyncReadyCallback callback, gpointer user_data);
void dadam_token_load_finish (DadamToken *self, GAsyncResult *result);
void dadam_token_keep_async (DadamToken *self,
                             const char *text,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean dadam_token_keep_finish (DadamToken *self, GAsyncResult *result, GError **error);
void dadam_token_forget_async (DadamToken *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean dadam_token_forget_finish (DadamToken *self, GAsyncResult *result, GError **error);

G_END_DECLS
