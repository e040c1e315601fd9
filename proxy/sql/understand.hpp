#pragma once

#include <cstddef>
#include <string_view>

#include "sql/statement_facts.hpp"

namespace pgweir::sql {

/// A longer text is not parsed.
inline constexpr std::size_t max_understood_bytes = 64 * 1024;

/// A text whose tree may have more nodes below each other is not parsed (see tree_depth_bound()): about 250 brackets
/// in each other, or 1500 operators in a row.
inline constexpr std::size_t max_tree_depth = 3000;

/// Stack that the calling thread must have, in bytes. PostgreSQL's parser keeps its own stack on the heap, but writing
/// the tree down and reading it again recurses, 1 KiB for each node on the way down, and libpg_query has no guard of
/// its own. The deepest trees that are let through were measured to take 3 MiB.
inline constexpr std::size_t understand_stack_bytes = 8 * 1024 * 1024;

/// What the text's syntax says, by the grammar of PostgreSQL 15. Never fails: what is too long, too deep, or unknown to
/// that grammar has the reason set and is taken to do anything. The text must be in UTF-8 or another encoding in
/// which no byte of a multi-byte character can be taken for ASCII, and meant for standard_conforming_strings = on:
/// libpg_query knows no other.
///
/// Made for the first sight of a text: costs 20 us for a short one, 100 us for one of 1 KiB, 150 ms and 20 MiB for a list
/// of 64 KiB; most of it in libpg_query. Any thread; what libpg_query keeps for a thread is freed when the thread
/// ends. It takes one of the process's thread-specific keys (PTHREAD_KEYS_MAX, 1024) for each thread that ever called
/// it, so these must be few and long-lived.
statement_facts understand(std::string_view text);

}  // namespace pgweir::sql
