using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Proofs;

/// <summary>
/// Walks a proof from the root to the leaf of a key (Ethereum's hexary trie): a branch of sixteen children and a value, an extension with a shared piece of path,
/// a leaf with the rest of it. A child under 32 bytes stands in its parent itself instead of its hash, and is no node of the proof.
/// </summary>
internal static class TrieWalk
{
    private const int BranchItems = 17;
    private const int ShortItems = 2;

    /// <summary>The bytes of the leaf, or why there are none.</summary>
    /// <param name="root">hash of the first node</param>
    /// <param name="path">the hashed key</param>
    /// <param name="what">for messages</param>
    public static (byte[]? Leaf, ProofRefusal? Refusal) Find(Hash32 root, Hash32 path, IReadOnlyList<byte[]> proof, string what)
    {
        if (proof.Count > StorageProofs.MaximumNodes || proof.Any(node => node.Length > StorageProofs.MaximumNodeBytes))
        {
            return No(ProofRefusalCode.ProofTooLong, what, $"{proof.Count} nodes, the longest of {proof.Max(node => node.Length)} bytes");
        }

        try
        {
            return Walk(root, Nibbles(path.ToBytes()), proof, what);
        }
        catch (FormatException problem)
        {
            return No(ProofRefusalCode.ProofMalformed, what, problem.Message);
        }
    }

    private static (byte[]? Leaf, ProofRefusal? Refusal) Walk(Hash32 root, byte[] path, IReadOnlyList<byte[]> proof, string what)
    {
        var (at, used) = (0, 0);
        var expected = root;
        RlpItem? inside = null;
        while (true)
        {
            if (inside is null)
            {
                if (used == proof.Count)
                {
                    return No(ProofRefusalCode.ProofOfNothing, what, $"it ends after {used} nodes, and the next is missing");
                }

                if (Keccak.Hash(proof[used]) != expected)
                {
                    return No(ProofRefusalCode.ProofNotOfRoot, what, $"node {used} does not hash to {expected}");
                }
            }

            var items = (inside ?? Rlp.Decode(proof[used++])).Items;
            inside = null;
            RlpItem next;
            if (items.Count == BranchItems)
            {
                if (at == path.Length)
                {
                    return End(items[^1].Bytes, used, proof, what);
                }

                next = items[path[at++]];
            }
            else if (items.Count == ShortItems)
            {
                var (piece, isLeaf) = Piece(items[0].Bytes);
                if (!path.AsSpan(at).StartsWith(piece) || (isLeaf && at + piece.Length != path.Length))
                {
                    return No(ProofRefusalCode.ProofOfNothing, what, "the path leads elsewhere");
                }

                at += piece.Length;
                if (isLeaf)
                {
                    return End(items[1].Bytes, used, proof, what);
                }

                next = items[1];
            }
            else
            {
                return No(ProofRefusalCode.ProofMalformed, what, $"a node has {items.Count} items");
            }

            if (next.IsList)
            {
                inside = next;
            }
            else if (next.Bytes.Length == 32)
            {
                expected = new Hash32(next.Bytes);
            }
            else
            {
                return next.Bytes.Length == 0
                    ? No(ProofRefusalCode.ProofOfNothing, what, "the branch has no such child")
                    : No(ProofRefusalCode.ProofMalformed, what, $"a child has {next.Bytes.Length} bytes");
            }
        }
    }

    private static (byte[]? Leaf, ProofRefusal? Refusal) End(byte[] leaf, int used, IReadOnlyList<byte[]> proof, string what) =>
        used < proof.Count ? No(ProofRefusalCode.ProofTooLong, what, $"{proof.Count - used} nodes after its end")
        : leaf.Length == 0 ? No(ProofRefusalCode.ProofOfNothing, what, "nothing stands at its end")
        : (leaf, null);

    /// <summary>The compact form: the first nibble says leaf or not and odd or even; an even one is padded.</summary>
    private static (byte[] Path, bool IsLeaf) Piece(byte[] compact)
    {
        var nibbles = Nibbles(compact);
        if (nibbles.Length == 0 || nibbles[0] > 3 || ((nibbles[0] & 1) == 0 && nibbles[1] != 0))
        {
            throw new FormatException("A piece of path is not in its compact form.");
        }

        return (nibbles[((nibbles[0] & 1) == 1 ? 1 : 2)..], nibbles[0] >= 2);
    }

    private static byte[] Nibbles(byte[] bytes)
    {
        var nibbles = new byte[bytes.Length * 2];
        for (var i = 0; i < bytes.Length; i++)
        {
            (nibbles[2 * i], nibbles[(2 * i) + 1]) = ((byte)(bytes[i] >> 4), (byte)(bytes[i] & 15));
        }

        return nibbles;
    }

    private static (byte[]? Leaf, ProofRefusal? Refusal) No(ProofRefusalCode code, string what, string detail) => (null, new ProofRefusal(code, $"{what}: {detail}"));
}
