/* Loss and accuracy over a data set; probabilities of images. */
#include <string.h>

#include "src/clock.h"
#include "src/load.h"
#include "src/team.h"

typedef struct tally {
    double *loss; /* one a shard, summed in their order */
    size_t *correct;
} tally;

static void evaluate_shard(const hg_network *network, shard *shard, size_t number, void *context)
{
    tally *tally = context;
    shard_forward(network, shard, true);
    for (size_t l = 0; l < shard->count; l++)
        tally->loss[number] += shard->loss[l];
    tally->correct[number] = shard_correct(network, shard);
}

hg_status hg_network_evaluate(hg_network *network, const hg_dataset *dataset, hg_evaluation *evaluation,
                              hg_error *error)
{
    const double start = clock_seconds();
    team *team;
    hg_status status = load_check(network, dataset, "the data set", error);
    if (!status)
        status = team_get(network, PLAN_FAST, &team, error);
    if (status)
        return status;
    const size_t shards = (dataset->count + HG_LANES - 1) / HG_LANES;
    tally tally = { hg_allocate(shards, sizeof *tally.loss), hg_allocate(shards, sizeof *tally.correct) };
    if (!tally.loss || !tally.correct)
        status = hg_fail(error, HG_NO_MEMORY, "no memory to evaluate %zu samples", dataset->count);
    if (!status)
        status =
            team_over_samples(network, team, dataset, 0, dataset->count, (team_job){ evaluate_shard, &tally }, error);
    if (!status) {
        double loss = 0;
        size_t correct = 0;
        for (size_t s = 0; s < shards; s++) {
            loss += tally.loss[s];
            correct += tally.correct[s];
        }
        const double count = (double)dataset->count;
        *evaluation = (hg_evaluation){ loss / count, (double)correct / count, clock_seconds() - start };
    }
    hg_release(tally.loss);
    hg_release(tally.correct);
    return status;
}

/* What the threads of a prediction share. */
typedef struct prediction {
    const hg_network *network;
    team *team;
    const float *images;
    float *probabilities;
    size_t count;
} prediction;

static void predict_shard(size_t number, int worker, void *context)
{
    const prediction *p = context;
    const size_t pixels = shape_units(hg_network_input_shape(p->network)),
                 classes = (size_t)hg_network_classes(p->network);
    const size_t begin = number * HG_LANES, left = p->count - begin;
    shard *shard = &p->team->shards[worker];
    const float *image[HG_LANES];
    shard->training = false;
    shard->count = left < HG_LANES ? left : HG_LANES;
    for (size_t l = 0; l < shard->count; l++)
        image[l] = p->images + (begin + l) * pixels;
    simd_current()->kernels->lanes_from_floats(image, shard->count, pixels, shard_images(shard));
    shard_forward(p->network, shard, false);
    for (size_t l = 0; l < shard->count; l++)
        for (size_t k = 0; k < classes; k++)
            p->probabilities[(begin + l) * classes + k] = (float)shard_result(shard)[k * HG_LANES + l];
}

hg_status hg_network_predict(hg_network *network, const float *images, size_t count, float *probabilities,
                             hg_error *error)
{
    prediction prediction = { network, NULL, images, probabilities, count };
    const hg_status status = team_get(network, PLAN_FAST, &prediction.team, error);
    if (!status)
        pool_run(prediction.team->pool, (count + HG_LANES - 1) / HG_LANES, predict_shard, &prediction);
    return status;
}
