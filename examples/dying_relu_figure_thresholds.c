/* thresholds.png: the paths of the learned thresholds. */
#include <math.h>
#include <stdio.h>

#include "dying_relu_figures.h"
#include "dying_relu_layout.h"

enum { LEAST_COLUMNS = 6, HEIGHT = 930, LEGEND_TOP = 895, LEGEND_STEP = 300 };
static const layout panels = { .left = 90, .top = 120, .width = 240, .height = 280, .across = 308, .down = 390 };
static const colour setting_colours[SETTINGS] = { { 31, 119, 180 }, { 214, 39, 40 }, { 44, 160, 44 } };

/* Thresholds that run away would squeeze all others into a line. */
static const double LOWEST_SHOWN = -5, HIGHEST_SHOWN = 10;

typedef struct path {
    double *low, *mean, *high; /* a number an epoch; NAN: none */
} path;

/* Over the finished runs and all units. */
static void take_epoch(const experiment *experiment, int scenario, int activation, int epoch, const path *path)
{
    double low = NAN, high = NAN, sum = 0;
    int runs = 0;
    for (int seed = 0; seed < experiment->seeds; seed++) {
        const run *run = experiment_find(experiment, scenario, activation, seed);
        const run_epoch *at = run ? run_at(run, epoch) : NULL;
        if (!at || at->thresholds == 0)
            continue;
        low = fmin(low, at->threshold_min); /* fmin and fmax pass over a NAN */
        high = fmax(high, at->threshold_max);
        sum += at->threshold_mean;
        runs++;
    }
    path->low[epoch] = low;
    path->high[epoch] = high;
    path->mean[epoch] = runs > 0 ? sum / runs : NAN;
}

static axis threshold_axis(const path paths[SETTINGS], int epochs)
{
    const double margin = 0.05, least = 0.1;
    double low = HIGHEST_SHOWN, high = LOWEST_SHOWN;
    for (int s = 0; s < SETTINGS; s++)
        for (int e = 0; e <= epochs; e++) {
            low = fmin(low, paths[s].low[e]);
            high = fmax(high, paths[s].high[e]);
        }
    low = fmax(low, LOWEST_SHOWN);
    high = fmin(high, HIGHEST_SHOWN);
    const double space = fmax(margin * (high - low), least);
    return (axis){ .low = low - space, .high = high + space };
}

static void draw_panel(const experiment *experiment, canvas *canvas, int column, int network, int activation,
                       const path paths[SETTINGS])
{
    const double width = 3;
    char title[TITLE_LENGTH];
    panel panel = layout_panel(canvas, &panels, column, network);
    const size_t count = (size_t)experiment->epochs + 1;
    for (int s = 0; s < SETTINGS; s++)
        for (int epoch = 0; epoch <= experiment->epochs; epoch++)
            take_epoch(experiment, network * SETTINGS + s, activation, epoch, &paths[s]);
    snprintf(title, sizeof title, "%s, %s", activation_words[activation], scenarios[network * SETTINGS].network_word);
    panel.title = title;
    panel.x = (axis){ .low = 0, .high = experiment->epochs, .label = "epoch", .whole = true };
    panel.y = threshold_axis(paths, experiment->epochs);
    panel.y.label = column == 0 ? "threshold" : NULL;
    plot_frame(&panel);
    for (int s = 0; s < SETTINGS; s++)
        plot_band(&panel, paths[s].low, paths[s].high, count, setting_colours[s]);
    for (int s = 0; s < SETTINGS; s++)
        plot_path(&panel, paths[s].mean, count, PLOT_SOLID, width, setting_colours[s]);
}

static bool has_thresholds(const experiment *experiment, int activation)
{
    for (int s = 0; s < SCENARIOS; s++)
        if (summarize(experiment, s, activation).thresholds)
            return true;
    return false;
}

/* The legend needs some room, too. */
static int width_for(const experiment *experiment)
{
    int columns = 0;
    for (int a = 0; a < ACTIVATIONS; a++)
        columns += has_thresholds(experiment, a);
    return (int)(panels.left + panels.across * (columns > LEAST_COLUMNS ? columns : LEAST_COLUMNS));
}

static void draw(const experiment *experiment, canvas *canvas, double *values)
{
    const size_t count = (size_t)experiment->epochs + 1;
    path paths[SETTINGS];
    int column = 0;
    for (size_t s = 0; s < SETTINGS; s++)
        paths[s] = (path){ values + 3 * s * count, values + (3 * s + 1) * count, values + (3 * s + 2) * count };
    for (int a = 0; a < ACTIVATIONS; a++) {
        if (!has_thresholds(experiment, a))
            continue;
        for (int network = 0; network < NETWORKS; network++)
            draw_panel(experiment, canvas, column, network, a, paths);
        column++;
    }
    layout_heading(canvas,
                   column > 0 ? "Learned thresholds over epochs" : "Learned thresholds: none among these activations");
    for (int s = 0; s < SETTINGS; s++)
        plot_key(canvas, panels.left + s * LEGEND_STEP, LEGEND_TOP, PLOT_SOLID, 3, setting_colours[s],
                 scenarios[s].setting_title);
    char note[TITLE_LENGTH];
    snprintf(note, sizeof note, "line: mean of all units and seeds, band: smallest to largest, shown from %g to %g",
             LOWEST_SHOWN, HIGHEST_SHOWN);
    plot_note(canvas, panels.left + SETTINGS * LEGEND_STEP, LEGEND_TOP, note);
}

hg_status figure_thresholds(const experiment *experiment, const char *path, hg_error *error)
{
    enum { KINDS = 3 }; /* low, mean, high */
    canvas canvas;
    hg_status status = canvas_create(&canvas, width_for(experiment), HEIGHT, error);
    if (status != HG_OK)
        return status;
    double *values = hg_allocate(KINDS * SETTINGS * ((size_t)experiment->epochs + 1), sizeof *values);
    if (values) {
        draw(experiment, &canvas, values);
        status = canvas_save(&canvas, path, error);
    } else {
        status = hg_fail(error, HG_NO_MEMORY, "no memory to draw %s", path);
    }
    hg_release(values);
    canvas_destroy(&canvas);
    return status;
}
