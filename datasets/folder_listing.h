/* What there is in a folder of pictures. */
#ifndef HINGE_DATASETS_FOLDER_LISTING_H
#define HINGE_DATASETS_FOLDER_LISTING_H

#include <hinge/datasets.h>

/* A file, or something that is passed over. */
typedef struct folder_entry {
    char *path;
    const char *key; /* in path: "class/picture.png" */
    size_t class;    /* index into class_names */
    char *why;       /* NULL, or why it is passed over: it then ends in `skipped` */
} folder_entry;

typedef struct folder_entries {
    size_t count, capacity;
    folder_entry *list;
} folder_entries;

typedef struct folder_listing {
    char *folder;
    char **class_names; /* [class_count], in order */
    size_t class_count, class_capacity;
    folder_entries files, skipped; /* in order when the listing is done */
} folder_listing;

/* Lists a folder; class names are copied if given. Release also after a failure. */
hg_status folder_listing_read(folder_listing *listing, const char *folder, const char *const *class_names,
                              size_t class_count, hg_error *error);
void folder_listing_release(folder_listing *listing);

/* Moves the files that have a `why` behind those that were skipped, in order. */
hg_status folder_listing_skip(folder_listing *listing, hg_error *error);

/* A copy by hg_allocate; NULL without memory. */
char *folder_copy_text(const char *text);

#endif
