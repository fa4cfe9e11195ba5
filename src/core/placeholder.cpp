namespace ebond::core {}  // namespace ebond::core
