using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>Signs through whoever holds the key; for any other address it refuses, and what was signed before is only looked after.</summary>
public sealed class KeySlotSigner(IEnumerable<ISigner> keys) : ISlotSigner
{
    private readonly Dictionary<Address, ISigner> _keys = keys.ToDictionary(key => key.Address);

    public async Task<NewAttempt> SignAsync(Address signer, Eip1559Transaction transaction, bool isCancel, CancellationToken cancellationToken)
    {
        if (!_keys.TryGetValue(signer, out var key))
        {
            throw new SigningRefusedException($"there is no key for {Eip55.Format(signer)}");
        }

        var (signed, refusal) = await key.SignAsync(transaction, cancellationToken);
        return signed is not null
            ? new NewAttempt(signed.Hash, signed.Raw, transaction.GasLimit, transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas, isCancel)
            : throw new SigningRefusedException(refusal!.ToString(), refusal.Kind is not (SignerFailure.Refused or SignerFailure.UnknownAccount or SignerFailure.Unauthorized));
    }

    public bool Remembers(Address signer) => _keys.TryGetValue(signer, out var key) && key.Remembers;

    public Eip1559Transaction Read(ReadOnlyMemory<byte> raw) => Eip1559Transaction.Decode(raw.Span).Transaction;
}
