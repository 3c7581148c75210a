/* Folders of small pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "folders.h"
#include "picture_files.h"

enum { SIDE = 4, PATHS = 8 };

const char *folders_path(const char *name)
{
    static char paths[PATHS][SCRATCH_PATH_LENGTH];
    static int next;
    char *path = paths[next++ % PATHS];
    scratch_path(path, name);
    return path;
}

void folders_clear(void)
{
    char command[SCRATCH_PATH_LENGTH + 64];
    snprintf(command, sizeof command, "cd '%s' && chmod -R u+rwx . && find . -mindepth 1 -delete", scratch_folder);
    ck_assert_int_eq(system(command), 0);
}

static void make_way(const char *name)
{
    char way[SCRATCH_PATH_LENGTH];
    scratch_path(way, name);
    for (char *slash = way + strlen(scratch_folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(way, S_IRWXU | S_IRWXG | S_IRWXO);
        *slash = '/';
    }
}

void folders_make(const char *name)
{
    make_way(name);
    ck_assert_int_eq(mkdir(folders_path(name), S_IRWXU), 0);
}

void folders_bytes(const char *name, const char *text)
{
    make_way(name);
    scratch_write(folders_path(name), text, strlen(text));
}

void folders_picture(const char *name, unsigned char shade)
{
    static picture_bytes file;
    unsigned char pixels[SIDE * SIDE];
    picture_ending ending = ENDS_PGM;
    const char *dot = strrchr(name, '.');
    for (int i = 0; i < ENDS_PGM && dot; i++)
        if (strcmp(dot + 1, picture_endings[i]) == 0)
            ending = (picture_ending)i;
    memset(pixels, shade, sizeof pixels);
    picture_make(&file, ending, SIDE, SIDE, 1, pixels);
    make_way(name);
    scratch_write(folders_path(name), file.bytes, file.size);
}

hg_dataset *folders_opened(const hg_image_folder_options *options)
{
    hg_error error;
    hg_dataset *folder = hg_image_folder_open(scratch_folder, options, &error);
    ck_assert_msg(folder != NULL, "%s", error.message);
    return folder;
}

void folders_refused(const hg_image_folder_options *options, hg_status status, const char *part)
{
    hg_error error = { .message = "" };
    ck_assert_ptr_null(hg_image_folder_open(scratch_folder, options, &error));
    ck_assert_msg(strstr(error.message, part) != NULL, "no \"%s\" in: %s", part, error.message);
    ck_assert_int_eq(error.status, status);
    ck_assert_ptr_null(hg_image_folder_open(scratch_folder, options, NULL));
}
