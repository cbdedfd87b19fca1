// Eigenvalues and eigenvectors of small symmetric tridiagonal matrices.
#pragma once

#include <vector>

namespace rheo::partition {

struct EigenPair {
  double value = 0;
  std::vector<double> vector;  // of length 1
};

// The `count` largest, largest first, fewer if the matrix is smaller. `below[i]` stands under `diagonal[i]`;
// its last value is not read.
std::vector<EigenPair> largestEigenPairs(const std::vector<double>& diagonal,
                                         const std::vector<double>& below, int count);

}  // namespace rheo::partition
