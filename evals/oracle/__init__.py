"""The method written plainly, golden files of the paper's own code, and the comparison with both."""
