using System.Collections.Immutable;
using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>The accounts that one block opened, in its order, and those that it named otherwise.</summary>
internal sealed record BlockStep(BlockRef Block, IReadOnlyList<Hash32> Opened, IReadOnlyCollection<Hash32> Touched);

/// <summary>
/// The last blocks of the chain that a book followed, and what each did to which accounts: what a rollback has to read again. It starts at a block
/// whose whole state was read, of which and of what lies under it nothing is known but its hash.
/// </summary>
internal sealed class BlockTrail
{
    /// <summary>Blocks remembered, and the longest branch that is followed.</summary>
    public const int Limit = 128;

    private readonly ImmutableList<BlockStep> _steps;

    public BlockTrail(BlockRef start) => _steps = [new BlockStep(start, [], [])];

    private BlockTrail(ImmutableList<BlockStep> steps) => _steps = steps;

    public BlockRef Tip => _steps[^1].Block;

    /// <summary>The lowest height that is known.</summary>
    public ulong Floor => _steps[0].Block.Number;

    public bool Knows(Hash32 block) => IndexOf(block) >= 0;

    /// <summary>What stands above a known block, from the lowest on.</summary>
    public IReadOnlyList<BlockStep> Above(Hash32 ancestor) => _steps.GetRange(IndexOf(ancestor) + 1, _steps.Count - IndexOf(ancestor) - 1);

    /// <summary>The trail that goes on from a known block with these, from the lowest on.</summary>
    public BlockTrail From(Hash32 ancestor, IReadOnlyCollection<BlockStep> branch)
    {
        var steps = _steps.GetRange(0, IndexOf(ancestor) + 1).AddRange(branch);
        return new BlockTrail(steps.Count > Limit ? steps.RemoveRange(0, steps.Count - Limit) : steps);
    }

    private int IndexOf(Hash32 block) => _steps.FindLastIndex(step => step.Block.Hash == block);
}
