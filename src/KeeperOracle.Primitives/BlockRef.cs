namespace KeeperOracle.Primitives;

/// <summary>One block: its height, its hash, its parent and its chain time in seconds since 1970.</summary>
public readonly record struct BlockRef(ulong Number, Hash32 Hash, Hash32 ParentHash, ulong Timestamp)
{
    public override string ToString() => $"{Number} ({Hash.ToString()[..10]})";
}
