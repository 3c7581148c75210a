/* Doing the runs, several at a time. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "dying_relu_runs.h"

/* The scenarios were chosen on seeds below this one, not on those that count. */
enum { FIRST_SEED = 101 };

enum { BATCH = 32, MOST_THREADS = 1024 };
static const double MOMENTUM = 0.9;
static const double CHANCE = 0.2;

static atomic_bool stopped;

void experiment_stop(void)
{
    atomic_store(&stopped, true);
}

bool run_failed(const run *run)
{
    return run->state == RUN_NOT_FINITE || run->test_accuracy < CHANCE;
}

/* ---- the list ---- */

hg_status experiment_create(experiment *experiment, int seeds, int epochs, int only, hg_error *error)
{
    size_t activations = 0;
    for (int a = 0; a < ACTIVATIONS; a++) {
        experiment->wanted[a] = only < 0 || a == only || a == RELU;
        activations += experiment->wanted[a];
    }
    const size_t records = (size_t)epochs + 1;
    experiment->finished = 0;
    experiment->seeds = seeds;
    experiment->epochs = epochs;
    experiment->count = (size_t)seeds * SCENARIOS * activations;
    experiment->runs = hg_allocate(experiment->count, sizeof *experiment->runs);
    experiment->memory = hg_allocate(experiment->count * records, sizeof *experiment->memory);
    if (!experiment->runs || !experiment->memory) {
        experiment_destroy(experiment);
        return hg_fail(error, HG_NO_MEMORY, "no memory for %zu runs of %d epochs", (size_t)seeds, epochs);
    }
    size_t at = 0;
    for (int seed = 0; seed < seeds; seed++)
        for (int s = 0; s < SCENARIOS; s++)
            for (int a = 0; a < ACTIVATIONS; a++)
                if (experiment->wanted[a]) {
                    experiment->runs[at] = (run){ .scenario = s,
                                                  .activation = a,
                                                  .seed = (uint64_t)(FIRST_SEED + seed),
                                                  .epochs = experiment->memory + at * records };
                    at++;
                }
    return HG_OK;
}

void experiment_destroy(experiment *experiment)
{
    hg_release(experiment->runs);
    hg_release(experiment->memory);
    experiment->runs = NULL;
    experiment->memory = NULL;
}

/* ---- one run ---- */

static run_epoch add_up(const hg_activation_report *layers, size_t count)
{
    run_epoch sum = { .train_loss = NAN, .train_accuracy = NAN };
    for (size_t i = 0; i < count; i++) {
        const hg_activation_report *layer = &layers[i];
        sum.units += layer->units;
        sum.dead += layer->dead;
        sum.silent += layer->silent;
        sum.new_dead += layer->new_dead;
        sum.revived += layer->revived;
        sum.zero_share += layer->zero_share * (double)layer->units;
        if (layer->thresholds == 0)
            continue;
        const bool first = sum.thresholds == 0;
        sum.threshold_min = first ? layer->threshold_min : fmin(sum.threshold_min, layer->threshold_min);
        sum.threshold_max = first ? layer->threshold_max : fmax(sum.threshold_max, layer->threshold_max);
        sum.threshold_mean += layer->threshold_mean * (double)layer->thresholds;
        sum.thresholds += layer->thresholds;
    }
    sum.zero_share /= (double)sum.units;
    if (sum.thresholds > 0)
        sum.threshold_mean /= (double)sum.thresholds;
    return sum;
}

static bool on_step(const hg_step_report *report, void *context)
{
    (void)report;
    (void)context;
    return !atomic_load(&stopped);
}

static bool on_epoch(const hg_epoch_report *report, void *context)
{
    run *run = context;
    run_epoch *epoch = &run->epochs[report->epoch];
    *epoch = add_up(report->layers, report->layer_count);
    epoch->train_loss = report->train_loss;
    epoch->train_accuracy = report->train_accuracy;
    run->last_epoch = report->epoch;
    return true;
}

static hg_status look(const experiment *experiment, run *run, hg_network *network, int epoch, hg_error *error)
{
    const hg_activation_report *layers;
    size_t count;
    const hg_status status = hg_network_inspect(network, experiment->training, &layers, &count, error);
    if (status == HG_OK) {
        run->epochs[epoch] = add_up(layers, count);
        run->last_epoch = epoch;
    }
    return status;
}

static hg_status train(const experiment *experiment, run *run, hg_network *network, hg_error *error)
{
    const scenario *scenario = &scenarios[run->scenario];
    hg_status status = hg_network_set_threads(network, 1, error);
    if (status == HG_OK)
        status = hg_network_normalize(network, experiment->training, error);
    if (status == HG_OK)
        status = look(experiment, run, network, 0, error);
    if (status != HG_OK)
        return status;
    status = hg_network_train(network, experiment->training,
                              &(hg_train_options){ .optimizer = hg_sgd(scenario->learning_rate, .momentum = MOMENTUM),
                                                   .epochs = experiment->epochs,
                                                   .batch = BATCH,
                                                   .seed = run->seed,
                                                   .on_step = on_step,
                                                   .on_epoch = on_epoch,
                                                   .context = run },
                              error);
    const bool broken = status == HG_NOT_FINITE;
    if (broken)
        status = look(experiment, run, network, run->last_epoch + 1, error);
    hg_evaluation evaluation;
    if (status == HG_OK)
        status = hg_network_evaluate(network, experiment->test, &evaluation, error);
    if (status != HG_OK)
        return status;
    run->test_loss = evaluation.loss;
    run->test_accuracy = evaluation.accuracy;
    run->state = broken ? RUN_NOT_FINITE : RUN_WHOLE;
    return HG_OK;
}

static hg_status perform_one(const experiment *experiment, run *run, hg_error *error)
{
    hg_network *network = case_network(&scenarios[run->scenario], run->activation, run->seed, error);
    const hg_status status = network ? train(experiment, run, network, error) : error->status;
    hg_network_destroy(network);
    return status;
}

/* ---- all runs ---- */

typedef struct crew {
    experiment *experiment;
    void (*on_run)(size_t done, size_t count);
    atomic_size_t next;
    pthread_mutex_t lock; /* of what follows */
    hg_status status;     /* the first that was not HG_OK */
    hg_error error;
} crew;

static void *work(void *context)
{
    crew *crew = context;
    experiment *experiment = crew->experiment;
    size_t number;
    while (!atomic_load(&stopped) && (number = atomic_fetch_add(&crew->next, 1)) < experiment->count) {
        hg_error error = { .status = HG_OK };
        const hg_status status = perform_one(experiment, &experiment->runs[number], &error);
        pthread_mutex_lock(&crew->lock);
        if (status == HG_OK) {
            crew->on_run(++experiment->finished, experiment->count);
        } else if (crew->status == HG_OK) {
            crew->status = status;
            crew->error = error;
        }
        pthread_mutex_unlock(&crew->lock);
        if (status != HG_OK)
            experiment_stop();
    }
    return NULL;
}

static size_t count_of_threads(int wanted, size_t runs)
{
    const long cores = wanted > 0 ? wanted : sysconf(_SC_NPROCESSORS_ONLN);
    const size_t count = cores < 1 ? 1 : cores > MOST_THREADS ? MOST_THREADS : (size_t)cores;
    return count < runs ? count : runs;
}

hg_status experiment_perform(experiment *experiment, int threads, void (*on_run)(size_t done, size_t count),
                             hg_error *error)
{
    pthread_t thread[MOST_THREADS];
    const size_t wanted = count_of_threads(threads, experiment->count);
    crew crew = { .experiment = experiment, .on_run = on_run, .lock = PTHREAD_MUTEX_INITIALIZER };
    /* the choice of instructions is made here, before several threads would make it */
    hg_simd_name();
    size_t others = 0;
    while (others + 1 < wanted && pthread_create(&thread[others], NULL, work, &crew) == 0)
        others++;
    work(&crew);
    for (size_t i = 0; i < others; i++)
        pthread_join(thread[i], NULL);
    if (crew.status != HG_OK && crew.status != HG_STOPPED)
        return hg_fail(error, crew.status, "%s", crew.error.message);
    if (experiment->finished < experiment->count)
        return hg_fail(error, HG_STOPPED, "stopped after %zu of %zu runs", experiment->finished, experiment->count);
    return HG_OK;
}
