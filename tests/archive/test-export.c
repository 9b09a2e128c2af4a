/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exports: the branch that is shown as Markdown and as a web page in which nothing of
 * what was said is more than text, the whole tree as JSON.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "dadam-archive-private.h"
#include "dadam-export.h"
#include "dadam-json.h"
#include "wait.h"

static const char hostile[] =
    "<script>alert (1)</script> **굵게** & `a < b`\n\n- 하나\n- 둘\n  1. 안\n\n> 인용\n\n"
    "| 가 | 나 |\n|---|---|\n| 1 | <i>2</i> |\n\n```c\nif (a < b) {}\n```\n\n"
    "[나쁜](javascript:alert(1)) [좋은](https://example.com/?a=1&b=\"2\")";

static void
add (DadamChange *change, DadamRole role, gint64 id, gint64 parent, const char *text)
{
  g_autoptr (DadamMessage) message = dadam_message_new (role, text);
  const DadamMaker fields = {
    .title = "komt <1>", .path = "/m.gguf", .settings = "{\"top_k\":40}", .seed = -1
  };
  g_autoptr (DadamMaker) maker = dadam_maker_new (&fields);

  dadam_message_set_place (message, id, parent);
  if (role == DADAM_ROLE_ASSISTANT)
    dadam_message_set_maker (message, maker);
  dadam_change_put_message (change, 0, message);
  dadam_change_choose (change, 0, parent, id);
}

static void
fill (DadamArchive *archive)
{
  DadamChange *change = dadam_change_new (1);
  g_autoptr (DadamSummary) summary = dadam_summary_new (1, DADAM_KIND_CHAT, "차 & <담소>", 1);
  g_autoptr (GAsyncResult) result = NULL;

  dadam_change_create (change, DADAM_KIND_CHAT, "차 & <담소>", 1);
  add (change, DADAM_ROLE_USER, 2, 0, "첫 <질문>");
  add (change, DADAM_ROLE_ASSISTANT, 3, 2, "버려진 답");
  add (change, DADAM_ROLE_ASSISTANT, 4, 2, hostile);
  dadam_archive_add (archive, summary);
  WAIT_CALL (result, dadam_archive_write_async, archive, change);
  CHECK (dadam_archive_write_finish (result, NULL));
}

static char *export (DadamArchive *archive, const char *folder, DadamExport format)
{
  g_autofree char *name = dadam_export_make_name (format, "a/b: 차");
  g_autoptr (GFile) file = g_file_new_build_filename (folder, name, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  WAIT_CALL (result, dadam_archive_export_async, archive, 1, format, file, NULL);
  CHECK (dadam_archive_export_finish (archive, result, &error));
  CHECK (g_file_load_contents (file, NULL, &text, NULL, NULL, NULL));
  g_file_delete (file, NULL, NULL);

  return text;
}

static void
check_has (const char *text, const char *part)
{
  CHECK_MSG (strstr (text, part) != NULL, "no “%s” in “%s”", part, text);
}

static void
check_json (const char *text)
{
  g_autoptr (JsonNode) root = dadam_json_parse (text, -1);
  JsonObject *object = root != NULL ? json_node_get_object (root) : NULL;
  JsonArray *messages = object != NULL ? dadam_json_array (object, "messages") : NULL;
  JsonObject *answer;

  CHECK (messages != NULL && json_array_get_length (messages) == 3);
  if (messages == NULL)
    return;
  CHECK (!dadam_json_boolean (dadam_json_element (messages, 1), "shown"));
  answer = dadam_json_element (messages, 2);
  CHECK (dadam_json_boolean (answer, "shown") && dadam_json_integer (answer, "parent", 0) == 2);
  CHECK (g_strcmp0 (dadam_json_string (answer, "text"), hostile) == 0);
  CHECK (g_strcmp0 (dadam_json_string (answer, "seed"), "18446744073709551615") == 0);
  CHECK (dadam_json_integer (dadam_json_object (answer, "settings"), "top_k", 0) == 40);
  CHECK (g_strcmp0 (dadam_json_string (dadam_json_object (answer, "model"), "title"), "komt <1>")
         == 0);
}

static void
check_html (const char *text)
{
  check_has (text, "<title>차 &amp; &lt;담소&gt;</title>");
  check_has (text, "첫 &lt;질문&gt;");
  check_has (text, "komt &lt;1&gt;");
  check_has (text, "&lt;script&gt;alert (1)&lt;/script&gt;");
  check_has (text, "<strong>굵게</strong>");
  check_has (text, "<code>a &lt; b</code>");
  check_has (
      text,
      "<ul>\n<li><p>하나</p>\n</li>\n<li><p>둘</p>\n<ol start=\"1\">\n<li><p>안</p>\n</li></ol>\n</li></ul>");
  check_has (text, "<blockquote>\n<p>인용</p>\n</blockquote>");
  check_has (text, "<td>&lt;i&gt;2&lt;/i&gt;</td>");
  check_has (text, "<pre><code>if (a &lt; b) {}");
  check_has (text, "<a href=\"https://example.com/?a=1&amp;b=");
  CHECK (strstr (text, "<script") == NULL && strstr (text, "href=\"javascript") == NULL);
  CHECK (strstr (text, "버려진") == NULL);
}

int
main (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dadam-export-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "e.db", NULL);
  DadamArchive *archive = dadam_archive_new (path);
  g_autofree char *markdown = NULL;
  g_autofree char *html = NULL;
  g_autofree char *json = NULL;

  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  fill (archive);
  markdown = export (archive, folder, DADAM_EXPORT_MARKDOWN);
  CHECK (g_str_has_prefix (markdown,
                           "# 차 & <담소>\n\n## You\n\n첫 <질문>\n\n## komt <1>\n\n<script>"));
  CHECK (strstr (markdown, "버려진") == NULL);
  html = export (archive, folder, DADAM_EXPORT_HTML);
  check_html (html);
  json = export (archive, folder, DADAM_EXPORT_JSON);
  check_json (json);

  dadam_archive_close (archive);
  g_object_unref (archive);
  g_unlink (path);
  g_rmdir (folder);

  return check_done ();
}
