// How far two spike trains are from each other: the measures of the literature, one file each.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace rheo::measures {

// Times of spikes, finite and ascending; any unit, the same for both trains. Equal times are taken by the
// edit and kernel measures; those of intervals (isiDistance, spikeDistance, spikeSynchronisation) need them
// apart.
using Train = std::span<const double>;

// Between which times the trains were recorded, start < end. Every spike lies in it, edges included.
struct Window {
  double start = 0, end = 1;
};

// The least cost of turning one train into the other: adding or removing a spike costs 1, moving it by dt
// costs `cost` * |dt|. `cost` is per unit of time, 0 (counts are compared) to infinity (exact coincidences).
// Victor & Purpura 1996, J. Neurophysiol. 76:1310; 1997, Network 8:127, D_spike. A metric.
double victorPurpura(Train a, Train b, double cost);

// The L2 distance of the trains, each spike followed by exp(-t / tau): sqrt(2 / tau * integral (f - g)^2 dt),
// in which one spike more is 1 (Houghton & Kreuz 2012, Network 23:48; elephant). van Rossum 2001, Neural
// Comput. 13:751, has 1 / tau: divide by sqrt(2). tau from 0 (exact coincidences) to infinity (counts). A
// metric.
double vanRossum(Train a, Train b, double tau);

// The mean over the window of |x - y| / max(x, y), where x and y are the intervals between spikes that hold
// at a time. Kreuz et al. 2007, J. Neurosci. Methods 165:151. 0 to below 1. Edges: see Knots.h.
double isiDistance(Train a, Train b, const Window& window);

// The mean over the window of the distances of the spikes around a time to the nearest ones of the other
// train, weighted by how near they are in time and divided by the mean interval. Kreuz et al. 2013, J.
// Neurophysiol. 109:1457. 0 to 1. Edges: see Knots.h.
double spikeDistance(Train a, Train b, const Window& window);

// The share of spikes that have a partner in the other train nearer than half of the four intervals around
// the two. Kreuz, Mulansky & Bozanic 2015, J. Neurophysiol. 113:3432. 1 where all have, and where there is no
// spike at all.
double spikeSynchronisation(Train a, Train b, const Window& window);

// The share of spikes that have a partner of their own in the other train, at most `within` away: 2 * pairs /
// spikes. 1 where there is no spike at all.
double coincidence(Train a, Train b, double within);

// Spikes of one train that are not in the other: the Hamming distance of their rasters.
double hamming(Train a, Train b);

// W1, the earth mover's distance of two sets of numbers: the integral of |F - G| over their distribution
// functions. In the unit of the numbers; both sets hold at least one. Vallender 1974, Theory Probab. Appl.
// 18:784.
double earthMover(std::vector<double> a, std::vector<double> b);

// What the measures need besides the trains.
struct Options {
  double cost = 1, tau = 1, within = 0;
  Window window;
};

// A measure of pairs of trains under its name.
struct Measure {
  std::string_view name;
  double (*of)(Train, Train, const Options&);
  double same;      // its value for equal trains
  bool needsApart;  // whether equal times within a train have no meaning
};

std::span<const Measure> allMeasures();
// None where there is no measure of that name.
const Measure* findMeasure(std::string_view name);

// The measures of many pairs of trains: train i of a side is times[offsets[i]] to times[offsets[i + 1]].
struct Trains {
  Train times;
  std::span<const std::int64_t> offsets;

  std::size_t count() const { return offsets.size() - 1; }
  Train operator[](std::size_t i) const { return times.subspan(offsets[i], offsets[i + 1] - offsets[i]); }
};

// Writes a value for each pair. The result does not depend on the number of threads; 0: as many as pay. Ends
// soon after `cancel` became true, where it is given; the values are worth nothing then.
void ofTrains(const Measure& measure, const Trains& a, const Trains& b, const Options& options, int threads,
              std::span<double> result, const std::atomic<bool>* cancel = nullptr);

// Spikes as [samples, steps, neurons], C order, 0 or 1.
struct Raster {
  std::span<const std::uint8_t> cells;
  std::int64_t samples = 0, steps = 0, neurons = 0;
};

// For each measure [samples, neurons]: the trains of two rasters of one shape. A spike of step t is at t *
// dt, and the window, which is set here, runs from 0 to steps * dt.
std::vector<std::vector<double>> ofRasters(std::span<const Measure* const> measures, const Raster& a,
                                           const Raster& b, double dt, Options options, int threads,
                                           const std::atomic<bool>* cancel = nullptr);

}  // namespace rheo::measures
