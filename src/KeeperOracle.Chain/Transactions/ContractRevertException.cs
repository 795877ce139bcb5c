using KeeperOracle.Chain.Contracts;

namespace KeeperOracle.Chain.Transactions;

/// <summary>A call that the contract refused, with its error in words.</summary>
public sealed class ContractRevertException : Exception
{
    private readonly byte[] _revertData;

    public ContractRevertException(ReadOnlySpan<byte> revertData)
        : base(ContractErrors.Describe(revertData)) => _revertData = revertData.ToArray();

    public ReadOnlyMemory<byte> RevertData => _revertData;
}
