using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>
/// What an OP-stack chain takes for a transaction's data beside its gas: the upper bound that the chain's own GasPriceOracle gives for the size of the unsigned
/// transaction (getL1FeeUpperBound, there since the Fjord upgrade). The size is that with the longest nonce and the highest fees, so that no bump outgrows it. The
/// operator fee that some of these chains take since Isthmus is not in it. The
/// fee follows the base fee of the chain below until the block is mined: what is asked for now is a bound of the present, not of the next minutes.
/// </summary>
public sealed class OpStackDataFee(EthApi eth, ChainId chain, BigInteger highestFee)
{
    /// <summary>Where every OP-stack chain has it.</summary>
    public static readonly Address Oracle = Address.FromHex("0x420000000000000000000000000000000000000f");

    /// <summary>Wei at the latest block; null where the chain has no such answer.</summary>
    public async Task<BigInteger?> AskAsync(Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var longest = new Eip1559Transaction(chain, ulong.MaxValue, highestFee, highestFee, ulong.MaxValue, to, BigInteger.Zero, data.ToArray());
        var ask = new GasPriceOracle.GetL1FeeUpperBoundFunction(longest.UnsignedSize);
        try
        {
            var answer = await eth.CallAsync(Address.Zero, Oracle, ask.EncodeCall(), blockHash: null, cancellationToken);
            return answer.Length == 0 ? null : ask.DecodeResult(answer);
        }
        catch (Exception no) when (no is ContractRevertException or AbiException)
        {
            return null;
        }
    }
}
