/* See exported.h. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exported.h"
#include "networks.h"

enum { PATH_LENGTH = 512, PIXELS = 28 * 28, CLASSES = 10, IMAGES_PER_LOOK = 100 };

typedef void predict_function(const float *image, float *probability);

/* The function, compiled in the build folder; NULL if that failed. */
static predict_function *compile(const char *folder)
{
    char source[PATH_LENGTH], library[PATH_LENGTH], command[4 * PATH_LENGTH];
    predict_function *predict = NULL;
    hg_error error = { .message = "" };
    snprintf(source, sizeof source, "%s/exported.c", folder);
    snprintf(library, sizeof library, "%s%s/exported.so", folder[0] == '/' ? "" : "./", folder);
    snprintf(command, sizeof command, "cc -O3 -march=native -fPIC -shared '%s' -o '%s' -lm", source, library);
    hg_network *network = networks_create(&(bench_work){ "document", BENCH_PREDICT, 1, 1, 0, 0, 0 }, &error);
    if (!network || hg_export_c(network, source, NULL, NULL, &error) != HG_OK)
        fprintf(stderr, "bench: exported: %s\n", error.message);
    else if (system(command) == 0) {
        void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        if (handle)
            *(void **)&predict = dlsym(handle, "predict");
    }
    hg_network_destroy(network);
    return predict;
}

median exported_measure(const bench *bench)
{
    static float image[PIXELS];
    float probability[CLASSES];
    double microseconds[MOST_ROUNDS] = { 0 };
    predict_function *predict = compile(bench->options.build);
    for (int i = 0; i < PIXELS; i++)
        image[i] = (float)i / PIXELS;
    for (int r = 0; r < bench->options.rounds && predict; r++) {
        const double start = now();
        double end = start, images = 0;
        for (; end - start < bench->options.seconds; end = now(), images += IMAGES_PER_LOOK)
            for (int i = 0; i < IMAGES_PER_LOOK; i++)
                predict(image, probability);
        microseconds[r] = 1e6 * (end - start) / images;
    }
    return median_of(microseconds, bench->options.rounds);
}

void exported_print(const median *microseconds)
{
    if (microseconds->middle > 0)
        printf("\ndocument, one image, exported as C (cc -O3 -march=native, one thread): %.1f us\n",
               microseconds->middle);
}
