using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>Signs with a key of this process; without one it refuses, and what was signed before is only looked after.</summary>
public sealed class KeySlotSigner(PrivateKey? key) : ISlotSigner
{
    public Task<NewAttempt> SignAsync(Address signer, Eip1559Transaction transaction, bool isCancel, CancellationToken cancellationToken)
    {
        if (key is null || signer != key.Address)
        {
            throw new SigningRefusedException($"there is no key for {Eip55.Format(signer)}");
        }

        var signed = transaction.Sign(key);
        return Task.FromResult(new NewAttempt(
            signed.Hash, signed.Raw, transaction.GasLimit, transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas, isCancel));
    }

    public Eip1559Transaction Read(ReadOnlyMemory<byte> raw) => Eip1559Transaction.Decode(raw.Span).Transaction;
}
