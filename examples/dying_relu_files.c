/* Making the folder, writing the files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dying_relu_csv.h"
#include "dying_relu_figures.h"
#include "dying_relu_files.h"

enum { PATH_LENGTH = 4096, LONGEST_NAME = 32 };

/* Each folder of the path, from the top; one that is there already is as good. */
static int make_folders(char *path)
{
    for (char *c = path + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        const int made = mkdir(path, S_IRWXU | S_IRWXG | S_IRWXO);
        const int why = errno;
        *c = '/';
        if (made != 0 && why != EEXIST)
            return why;
    }
    return mkdir(path, S_IRWXU | S_IRWXG | S_IRWXO) == 0 || errno == EEXIST ? 0 : errno;
}

static void join(char path[PATH_LENGTH], const char *folder, const char *name)
{
    snprintf(path, PATH_LENGTH, "%s/%s", folder, name);
}

hg_status files_prepare(const char *folder, hg_error *error)
{
    char path[PATH_LENGTH];
    if (strlen(folder) + LONGEST_NAME >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "--out: the path %.100s... is too long", folder);
    snprintf(path, sizeof path, "%s", folder);
    const int failure = make_folders(path);
    if (failure)
        return hg_fail(error, HG_IO, "--out: cannot make the folder %s: %s", folder, strerror(failure));
    struct stat status;
    if (stat(folder, &status) == 0 && !S_ISDIR(status.st_mode))
        return hg_fail(error, HG_IO, "--out: %s is a file; give a folder", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return hg_fail(error, HG_IO, "--out: cannot write to %s: %s", folder, strerror(errno));
    return HG_OK;
}

static hg_status write_csv(const experiment *experiment, const char *path, hg_error *error)
{
    FILE *file = fopen(path, "w");
    bool good = file != NULL;
    if (file) {
        csv_write(file, experiment);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    return good ? HG_OK : hg_fail(error, HG_IO, "cannot write %s: %s", path, strerror(errno));
}

hg_status files_write(const char *folder, const experiment *experiment, hg_error *error)
{
    static const struct {
        const char *name;
        hg_status (*write)(const struct experiment *experiment, const char *path, hg_error *error);
    } files[] = {
        { "runs.csv", write_csv },
        { "dead.png", figure_dead },
        { "accuracy.png", figure_accuracy },
        { "thresholds.png", figure_thresholds },
    };
    hg_status status = HG_OK;
    for (size_t i = 0; i < HG_COUNT(files) && status == HG_OK; i++) {
        char path[PATH_LENGTH];
        join(path, folder, files[i].name);
        status = files[i].write(experiment, path, error);
    }
    return status;
}
