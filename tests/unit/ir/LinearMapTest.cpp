// Linear maps composed in any order are the product of their matrices. SPEC F6 to F9, F15, F17.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "ir/LinearMap.h"

namespace rheo {
namespace {

using Matrix = LinearMap::Matrix;

Matrix matrixOf(const Wiring& wiring, const std::vector<double>& values) {
  const std::vector<double> pairs = wiring.matrixOf(values);
  return LinearMap::MatrixView(pairs.data(), wiring.targets(), wiring.sources());
}

ConvolutionAxis axis(std::int64_t inputs, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  ConvolutionAxis made{inputs, 0, kernel, stride, padding, 1};
  made.outputs = made.room();
  return made;
}

class Maps : public testing::Test {
 protected:
  std::vector<double> numbers(std::int64_t count) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<int>(random_() % 19) - 9);
    return values;
  }
  Matrix matrix(std::int64_t rows, std::int64_t columns) {
    const std::vector<double> values = numbers(rows * columns);
    return LinearMap::MatrixView(values.data(), rows, columns);
  }
  static void expectIs(const std::optional<LinearMap>& map, const Matrix& wanted) {
    ASSERT_TRUE(map);
    EXPECT_EQ(matrixOf(map->wiring(), map->values()), wanted);
  }

  std::mt19937 random_{7};
  const Convolution convolution{2, 4, 2, axis(5, 3, 2, 1), axis(4, 2, 1, 0)};  // 40 -> 4 x 3 x 3
};

TEST_F(Maps, f15_both_ways_through_a_wiring_agree) {
  const Wiring wiring = Wiring::convolution(convolution);
  const std::vector<double> kernel = numbers(wiring.valueCount());
  Matrix byTargets = Matrix::Zero(wiring.targets(), wiring.sources());
  for (std::int64_t source = 0; source < wiring.sources(); ++source)
    wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      byTargets(target, source) += kernel[static_cast<std::size_t>(index)];
    });
  EXPECT_EQ(matrixOf(wiring, kernel), byTargets);
}

// A matrix of few entries is listed, whatever it is combined with, and means the same.
TEST_F(Maps, f6_sparseMatricesAreListed) {
  Matrix sparse = Matrix::Zero(12, 10);
  for (int i = 0; i < 20; ++i)
    sparse(static_cast<int>(random_() % 12), static_cast<int>(random_() % 10)) = i + 1;
  const Matrix full = matrix(12, 10);
  const auto viewOf = [](const Matrix& m) { return LinearMap::MatrixView(m.data(), m.rows(), m.cols()); };
  const auto listed = LinearMap::identity(10).then(viewOf(sparse));
  const auto dense = LinearMap::identity(10).then(viewOf(full));
  ASSERT_TRUE(listed->wiring().lists());
  EXPECT_FALSE(dense->wiring().lists());
  EXPECT_EQ(listed->wiring().valueCount(), (sparse.array() != 0).count());
  expectIs(listed, sparse);
  expectIs(listed->plus(*dense), sparse + full);
  expectIs(listed->plus(*listed), 2 * sparse);
  expectIs(listed->scaled(LinearMap::Vector::Constant(12, 3)), 3 * sparse);
  const Matrix after = matrix(7, 12);
  expectIs(listed->then(viewOf(after)), after * sparse);
  expectIs(listed->unfolded(), sparse);
}

TEST_F(Maps, f6_both_ways_through_lists_agree) {
  SynapseLists lists;
  for (const std::vector<int>& sources : {std::vector{1, 4}, {}, {0, 2, 4}}) {
    for (const int source : sources) lists.add(source);
    lists.endTarget();
  }
  const Wiring wiring = Wiring::listed(5, lists);
  EXPECT_EQ(wiring.targets(), 3);
  EXPECT_EQ(wiring.mostSources(), 3);
  const std::vector<double> values{1, 2, 3, 4, 5};
  Matrix bySources = Matrix::Zero(3, 5);
  for (std::int64_t source = 0; source < 5; ++source)
    wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      bySources(target, source) = values[static_cast<std::size_t>(index)];
    });
  Matrix wanted(3, 5);
  wanted << 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 5;
  EXPECT_EQ(bySources, wanted);
  EXPECT_EQ(matrixOf(wiring, values), wanted);
  EXPECT_EQ(wiring, Wiring::listed(5, lists));
  EXPECT_NE(wiring, Wiring::listed(6, lists));
  EXPECT_NE(wiring, Wiring::dense(3, 5));
}

TEST_F(Maps, whatFollowsIsMultiplied) {
  const std::vector<double> kernel = numbers(convolution.kernelSize());
  const Matrix folded = matrixOf(Wiring::convolution(convolution), kernel);
  const LinearMap start = LinearMap::identity(40);
  expectIs(start, Matrix::Identity(40, 40));
  const auto convolved = start.then({convolution, kernel});
  expectIs(convolved, folded);
  EXPECT_TRUE(convolved->wiring().convolution()) << "a convolution of a bare source stays one";
  const Matrix after = matrix(5, 36);
  expectIs(convolved->then(LinearMap::MatrixView(after.data(), 5, 36)), after * folded);
  const Matrix before = matrix(40, 6);
  const auto product = LinearMap::identity(6).then(LinearMap::MatrixView(before.data(), 40, 6));
  expectIs(product->then({convolution, kernel}), folded * before);
  expectIs(LinearMap::identity(36).then({convolution, kernel, true}), folded.transpose());
}

TEST_F(Maps, f8_a_kernel_stays_shared_where_its_channels_are_scaled_alike) {
  const std::vector<double> kernel = numbers(convolution.kernelSize());
  const Matrix folded = matrixOf(Wiring::convolution(convolution), kernel);
  const auto convolved = LinearMap::identity(40).then({convolution, kernel});
  LinearMap::Vector factors(36);
  for (int i = 0; i < 36; ++i) factors[i] = i / 9 + 1;
  const auto scaled = convolved->scaled(factors);
  expectIs(scaled, factors.asDiagonal() * folded);
  EXPECT_TRUE(scaled->wiring().convolution());
  factors[7] = 20;
  const auto uneven = convolved->scaled(factors);
  expectIs(uneven, factors.asDiagonal() * folded);
  EXPECT_FALSE(uneven->wiring().convolution());
  expectIs(convolved->plus(*scaled), folded + matrixOf(scaled->wiring(), scaled->values()));
  expectIs(convolved->plus(*uneven), folded + matrixOf(uneven->wiring(), uneven->values()));
}

TEST_F(Maps, f15_f16_a_kernel_stays_shared_behind_scales_of_channels_and_pools) {
  const std::vector<double> kernel = numbers(convolution.kernelSize());
  const Matrix folded = matrixOf(Wiring::convolution(convolution), kernel);
  LinearMap::Vector factors(40);
  for (int i = 0; i < 40; ++i) factors[i] = i < 20 ? 3 : -2;
  const auto scaled = LinearMap::identity(40).scaled(factors)->then({convolution, kernel});
  expectIs(scaled, folded * factors.asDiagonal());
  EXPECT_TRUE(scaled->wiring().convolution());
  factors[5] = 7;
  const auto uneven = LinearMap::identity(40).scaled(factors)->then({convolution, kernel});
  expectIs(uneven, folded * factors.asDiagonal());
  EXPECT_FALSE(uneven->wiring().convolution());
}

TEST_F(Maps, f15_f16_a_kernel_stays_shared_behind_a_pool_whose_windows_beyond_its_edges_are_empty) {
  struct Case {
    ConvolutionAxis pool;
    std::int64_t padding;  // of the second: there it reads zeros that the first does not make
    bool shared;
  };
  const Case cases[] = {{axis(12, 3, 2, 0), 0, true},  {axis(11, 2, 2, 1), 1, true},
                        {axis(8, 2, 2, 0), 2, true},   {axis(12, 3, 2, 0), 1, false},  // overlaps before
                        {axis(11, 2, 2, 0), 1, false},  // a row behind the last window
                        {axis(13, 2, 2, 0), 0, true}};
  for (const std::int64_t groups : {1, 2})
    for (const auto& [rows, padding, shared] : cases) {
      const Convolution pool{4, 4, 4, rows, axis(12, 3, 2, 0)};
      const Convolution second{4, 6, groups, axis(pool.rows.outputs, 3, 1, padding),
                               ConvolutionAxis{pool.columns.outputs, 3, 2, 1, 0, 2}};
      const std::vector<double> first = numbers(pool.kernelSize()), after = numbers(second.kernelSize());
      const auto both = LinearMap::identity(pool.inputs()).then({pool, first})->then({second, after});
      expectIs(both,
               matrixOf(Wiring::convolution(second), after) * matrixOf(Wiring::convolution(pool), first));
      EXPECT_EQ(both->wiring().convolution().has_value(), shared);
    }
}

// Rows are listed by several threads, and what they find lies in the order of the matrix.
TEST_F(Maps, f6_largeSparseMatricesAreListedInOrder) {
  Matrix sparse = Matrix::Zero(900, 700);
  for (int i = 0; i < 60'000; ++i)
    sparse(static_cast<int>(random_() % 900), static_cast<int>(random_() % 700)) = i + 1;
  sparse.row(899).setZero();
  sparse(0, 0) = -0.0;
  sparse(898, 699) = std::numeric_limits<double>::quiet_NaN();
  const auto map = LinearMap::identity(700).then(LinearMap::MatrixView(sparse.data(), 900, 700));
  ASSERT_TRUE(map && map->wiring().lists());
  std::int64_t next = 0;
  for (std::int64_t row = 0; row < 900; ++row) {
    EXPECT_EQ(map->wiring().lists()->first(row), next);
    for (std::int64_t column = 0; column < 700; ++column) {
      if (sparse(row, column) == 0) continue;
      ASSERT_EQ(map->wiring().lists()->source(next), column) << row;
      const double found = map->values()[static_cast<std::size_t>(next++)];
      EXPECT_TRUE(found == sparse(row, column) || (std::isnan(found) && row == 898));
    }
  }
  EXPECT_EQ(map->wiring().valueCount(), next);
}

TEST_F(Maps, matricesBeyondAllMeansAreNotMade) {
  const Convolution large{1, 64, 1, axis(300, 3, 1, 0), axis(300, 3, 1, 0)};
  const auto map = LinearMap::identity(90000).then({large, numbers(large.kernelSize())});
  ASSERT_TRUE(map);
  LinearMap::Vector factors = LinearMap::Vector::Ones(large.outputs());
  factors[1] = 2;
  EXPECT_FALSE(map->scaled(factors));
}

}  // namespace
}  // namespace rheo
