using System.Buffers.Binary;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle.Leaves;

/// <summary>
/// An attested requirement as bytes, and many of them as one root: the twin of contracts/libraries/MarginLeaf.sol. The layout of a leaf is that of
/// contracts/interfaces/IMarginAttestations.sol, every number big-endian in its own width:
/// <code>
/// leaf   rootId | body | proof, from the leaf up
/// node   keccak256(keccak256(chain id, contract, account, body)): hashed twice, so that no inner node is a leaf
/// pair   keccak256 of both, the smaller first; the last of an odd level goes up as it is
/// </code>
/// </summary>
public static class LeafCode
{
    /// <exception cref="ArgumentException">a number does not fit its field</exception>
    public static byte[] Body(Leaf leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        var bytes = new List<byte>(117 + (92 * leaf.Underlyings.Count));
        Append(bytes, leaf.LegNonce, 8);
        bytes.AddRange(leaf.LegsHash.ToBytes());
        Append(bytes, leaf.ObservedAt, 8);
        Append(bytes, leaf.EarliestExpiry, 8);
        Append(bytes, leaf.Epoch, 8);
        Append(bytes, leaf.Tightenings, 4);
        Append(bytes, leaf.BoundsVersion, 8);
        Append(bytes, leaf.Requirement, 16);
        Append(bytes, leaf.Offset, 16);
        Append(bytes, leaf.Underlyings.Count, 1);
        foreach (var part in leaf.Underlyings)
        {
            bytes.AddRange(part.Asset.ToBytes());
            Append(bytes, part.Spot, 16);
            Append(bytes, part.GrossAmount, 16);
            Append(bytes, part.Volatility, 8);
            bytes.AddRange(part.InputsHash.ToBytes());
        }

        return [.. bytes];
    }

    /// <param name="attestations">the contract that the root is posted to</param>
    public static Hash32 Node(ChainId chain, Address attestations, Hash32 account, byte[] body)
    {
        var preimage = new List<byte>();
        Append(preimage, chain.Value, 32);
        preimage.AddRange(attestations.ToBytes());
        preimage.AddRange(account.ToBytes());
        preimage.AddRange(body);
        return Keccak.Hash(Keccak.Hash(preimage.ToArray()).ToBytes());
    }

    /// <summary>The root over these nodes and, in the same order, the proof of each.</summary>
    public static (Hash32 Root, IReadOnlyList<IReadOnlyList<Hash32>> Proofs) Tree(IReadOnlyList<Hash32> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentOutOfRangeException.ThrowIfZero(nodes.Count);
        var proofs = nodes.Select(_ => new List<Hash32>()).ToList();
        var places = Enumerable.Range(0, nodes.Count).ToArray();
        var level = nodes;
        while (level.Count > 1)
        {
            for (var i = 0; i < places.Length; i++)
            {
                if ((places[i] ^ 1) < level.Count)
                {
                    proofs[i].Add(level[places[i] ^ 1]);
                }

                places[i] >>= 1;
            }

            level = [.. level.Chunk(2).Select(pair => pair.Length == 2 ? Pair(pair[0], pair[1]) : pair[0])];
        }

        return (level[0], proofs);
    }

    /// <summary>What an action carries.</summary>
    public static byte[] Bytes(ulong rootId, byte[] body, IReadOnlyList<Hash32> proof)
    {
        var id = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(id, rootId);
        return [.. id, .. body, .. proof.SelectMany(hash => hash.ToBytes())];
    }

    private static Hash32 Pair(Hash32 one, Hash32 other)
    {
        var (first, second) = (one.ToBytes(), other.ToBytes());
        return Keccak.Hash(first.AsSpan().SequenceCompareTo(second) < 0 ? [.. first, .. second] : [.. second, .. first]);
    }

    private static void Append(List<byte> bytes, BigInteger value, int width)
    {
        if (value.Sign < 0 || value.GetByteCount(isUnsigned: true) > width)
        {
            throw new ArgumentException($"{value} does not fit {width} bytes.");
        }

        var word = new byte[width];
        var raw = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(word, width - raw.Length);
        bytes.AddRange(word);
    }
}
