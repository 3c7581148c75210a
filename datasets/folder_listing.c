/* Lists the pictures of a folder of classes, the same in any order of the directory's
 * entries and in any locale. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "datasets/folder_listing.h"

enum { FIRST_CAPACITY = 64, DEEPEST = 16 /* folders in a class */ };

static const char *const endings[] = { "png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pnm" };

/* ---- lists ---- */

static hg_status no_memory(const folder_listing *listing, hg_error *error)
{
    return hg_fail(error, HG_NO_MEMORY, "%s: no memory for the list of its pictures", listing->folder);
}

char *folder_copy_text(const char *text)
{
    char *copy = hg_allocate(strlen(text) + 1, 1);
    return copy ? strcpy(copy, text) : NULL;
}

static void *grown(void *list, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return list;
    const size_t larger = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    void *made = hg_allocate(larger, size);
    if (!made)
        return NULL;
    if (count)
        memcpy(made, list, count * size);
    hg_release(list);
    *capacity = larger;
    return made;
}

/* Takes over path and why. */
static hg_status append(const folder_listing *listing, folder_entries *entries, char *path, size_t class, char *why,
                        hg_error *error)
{
    folder_entry *list = path ? grown(entries->list, sizeof *list, entries->count, &entries->capacity) : NULL;
    if (!list) {
        hg_release(path);
        hg_release(why);
        return no_memory(listing, error);
    }
    entries->list = list;
    list[entries->count++] = (folder_entry){ path, path + strlen(listing->folder) + 1, class, why };
    return HG_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const folder_entry *left = a, *right = b;
    if (left->class != right->class)
        return left->class < right->class ? -1 : 1;
    return strcmp(left->path, right->path);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const folder_entry *)a)->path, ((const folder_entry *)b)->path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(const folder_entries *entries, int (*compare)(const void *, const void *))
{
    if (entries->count)
        qsort(entries->list, entries->count, sizeof *entries->list, compare);
}

static void release_entries(folder_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        hg_release(entries->list[i].path);
        hg_release(entries->list[i].why);
    }
    hg_release(entries->list);
}

void folder_listing_release(folder_listing *listing)
{
    for (size_t i = 0; i < listing->class_count; i++)
        hg_release(listing->class_names[i]);
    hg_release(listing->class_names);
    release_entries(&listing->files);
    release_entries(&listing->skipped);
    hg_release(listing->folder);
    *listing = (folder_listing){ 0 };
}

/* ---- one directory ---- */

static bool is_picture(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < HG_COUNT(endings); i++) {
        const size_t length = strlen(endings[i]);
        size_t same = 0;
        /* letters alone differ by this bit from their capitals; tolower asks the locale */
        while (same < length && (dot[1 + same] | 0x20) == endings[i][same])
            same++;
        if (same == length && dot[1 + length] == '\0')
            return true;
    }
    return false;
}

static char *join(const char *folder, const char *name)
{
    const size_t length = strlen(folder) + 1 + strlen(name) + 1;
    char *path = hg_allocate(length, 1);
    if (path)
        snprintf(path, length, "%s/%s", folder, name);
    return path;
}

/* What is done with each entry that is not hidden; path is the visitor's to release. */
typedef struct visitor {
    folder_listing *listing;
    size_t class;
    int depth;
    hg_status (*visit)(const struct visitor *visitor, const char *name, char *path, hg_error *error);
} visitor;

static hg_status visit_all(const visitor *visitor, const char *folder, hg_error *error)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return hg_fail(error, HG_IO, "%s: cannot be read as a folder: %s", folder, strerror(errno));
    hg_status status = HG_OK;
    while (!status) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno)
            status = hg_fail(error, HG_IO, "%s: cannot be read as a folder: %s", folder, strerror(errno));
        if (!entry)
            break;
        if (entry->d_name[0] == '.')
            continue;
        char *path = join(folder, entry->d_name);
        status = path ? visitor->visit(visitor, entry->d_name, path, error) : no_memory(visitor->listing, error);
    }
    closedir(directory);
    return status;
}

static hg_status skip(const visitor *visitor, char *path, const char *why, hg_error *error)
{
    char *copy = folder_copy_text(why);
    if (copy)
        return append(visitor->listing, &visitor->listing->skipped, path, visitor->class, copy, error);
    hg_release(path);
    return no_memory(visitor->listing, error);
}

/* ---- the pictures of a class ---- */

static hg_status visit_picture(const visitor *by, const char *name, char *path, hg_error *error)
{
    struct stat link, target;
    const bool found = lstat(path, &link) == 0, reaches = found && stat(path, &target) == 0;
    if (reaches && S_ISDIR(target.st_mode)) {
        if (S_ISLNK(link.st_mode))
            return skip(by, path, "a link to a folder, within a class, is not followed", error);
        if (by->depth == DEEPEST)
            return skip(by, path, "too deep: folders in folders in a class", error);
        const visitor deeper = { by->listing, by->class, by->depth + 1, by->visit };
        const hg_status status = visit_all(&deeper, path, error);
        hg_release(path);
        return status;
    }
    if (is_picture(name) && reaches && S_ISREG(target.st_mode))
        return append(by->listing, &by->listing->files, path, by->class, NULL, error);
    if (is_picture(name))
        return skip(by, path, found && !reaches ? "a link to nothing" : "no regular file", error);
    hg_release(path);
    return HG_OK;
}

/* ---- the classes ---- */

static hg_status add_class(folder_listing *listing, const char *name, hg_error *error)
{
    char *copy = folder_copy_text(name);
    char **names =
        copy ? grown(listing->class_names, sizeof *names, listing->class_count, &listing->class_capacity) : NULL;
    if (!names) {
        hg_release(copy);
        return no_memory(listing, error);
    }
    listing->class_names = names;
    names[listing->class_count++] = copy;
    return HG_OK;
}

/* A link to the folder itself, or one around it, would be a class of all pictures. */
static bool holds_folder(const char *path, const char *folder)
{
    char *outer = realpath(path, NULL), *inner = realpath(folder, NULL);
    const size_t length = outer ? strlen(outer) : 0;
    const bool holds = outer && inner && strncmp(outer, inner, length) == 0 &&
                       (inner[length] == '\0' || inner[length] == '/' || strcmp(outer, "/") == 0);
    free(outer);
    free(inner);
    return holds;
}

static hg_status visit_class(const visitor *by, const char *name, char *path, hg_error *error)
{
    struct stat status;
    const bool directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (directory && holds_folder(path, by->listing->folder))
        return skip(by, path, "a link to the folder that it lies in, or to one around it, is no class", error);
    if (!directory && is_picture(name))
        return skip(by, path, "lies beside the folders of the classes, so its class is not known", error);
    hg_release(path);
    return directory ? add_class(by->listing, name, error) : HG_OK;
}

/* A folder without pictures is no class. */
static hg_status list_classes(folder_listing *listing, hg_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < listing->class_count; i++) {
        char *name = listing->class_names[i], *path = join(listing->folder, name);
        const visitor by = { listing, kept, 0, visit_picture };
        const size_t before = listing->files.count;
        hg_status status = path ? visit_all(&by, path, error) : no_memory(listing, error);
        if (!status && listing->files.count == before) {
            listing->class_names[i] = NULL;
            hg_release(name);
            status = skip(&by, path, "a folder without pictures is no class", error);
        } else {
            hg_release(path);
            listing->class_names[i] = NULL;
            listing->class_names[kept++] = name;
        }
        if (status)
            return status;
    }
    listing->class_count = kept;
    return HG_OK;
}

/* Labels become places in the list of classes that is known beforehand. */
static hg_status rename_classes(folder_listing *listing, const char *const *known, size_t count, hg_error *error)
{
    char **found = listing->class_names;
    const size_t found_count = listing->class_count;
    size_t *place = hg_allocate(found_count, sizeof *place);
    listing->class_names = NULL;
    listing->class_count = listing->class_capacity = 0;
    hg_status status = place ? HG_OK : no_memory(listing, error);
    for (size_t k = 0; k < count && !status; k++)
        status = add_class(listing, known[k], error);
    for (size_t i = 0; i < found_count && !status; i++) {
        while (place[i] < count && strcmp(known[place[i]], found[i]) != 0)
            place[i]++;
        if (place[i] == count)
            status = hg_fail(error, HG_BAD_DATA,
                             "%s/%s: a folder that is none of the %zu known classes (%.100s%s); rename it or take it "
                             "out",
                             listing->folder, found[i], count, known[0], count > 1 ? ", ..." : "");
    }
    for (size_t i = 0; i < listing->files.count && !status; i++)
        listing->files.list[i].class = place[listing->files.list[i].class];
    for (size_t i = 0; i < found_count; i++)
        hg_release(found[i]);
    hg_release(found);
    hg_release(place);
    return status;
}

/* Without slashes at the end. */
static char *copy_folder(const char *folder)
{
    char *copy = folder_copy_text(folder);
    for (size_t length = strlen(folder); copy && length > 1 && copy[length - 1] == '/'; length--)
        copy[length - 1] = '\0';
    return copy;
}

hg_status folder_listing_read(folder_listing *listing, const char *folder, const char *const *class_names,
                              size_t class_count, hg_error *error)
{
    *listing = (folder_listing){ .folder = copy_folder(folder) };
    if (!listing->folder)
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory for its name", folder);
    const visitor classes = { listing, 0, 0, visit_class };
    hg_status status = visit_all(&classes, listing->folder, error);
    if (!status && listing->class_count)
        qsort(listing->class_names, listing->class_count, sizeof *listing->class_names, compare_names);
    if (!status)
        status = list_classes(listing, error);
    if (!status && class_names)
        status = rename_classes(listing, class_names, class_count, error);
    sort(&listing->files, compare_entries);
    return status;
}

hg_status folder_listing_skip(folder_listing *listing, hg_error *error)
{
    size_t kept = 0;
    hg_status status = HG_OK;
    for (size_t i = 0; i < listing->files.count; i++) {
        const folder_entry entry = listing->files.list[i];
        if (entry.why && !status)
            status = append(listing, &listing->skipped, entry.path, entry.class, entry.why, error);
        else
            listing->files.list[kept++] = entry;
    }
    listing->files.count = kept;
    sort(&listing->skipped, compare_paths);
    return status;
}
