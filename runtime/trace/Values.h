// Storage of traces: gigabytes that are written once, hence not cleared before, unless a value is given.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace rheo {

template <class T>
struct TraceAllocator {
  using value_type = T;

  TraceAllocator() = default;
  template <class U>
  TraceAllocator(const TraceAllocator<U>&) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, std::size_t count) { std::allocator<T>().deallocate(block, count); }

  template <class U>
  void construct(U* at) {
    ::new (static_cast<void*>(at)) U;  // default-initialised: numbers stay as they are
  }
  template <class U, class First, class... Rest>
  void construct(U* at, First&& first, Rest&&... rest) {
    ::new (static_cast<void*>(at)) U(std::forward<First>(first), std::forward<Rest>(rest)...);
  }
  template <class U>
  bool operator==(const TraceAllocator<U>&) const {
    return true;
  }
};

template <class T>
using TraceValues = std::vector<T, TraceAllocator<T>>;

template <class T>
bool operator==(const TraceValues<T>& left, const std::vector<T>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace rheo
