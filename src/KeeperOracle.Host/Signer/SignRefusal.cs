namespace KeeperOracle.Host.Signer;

/// <summary>Why nothing was signed. The names go over the wire and are kept for good: operators alert on them.</summary>
public enum SignRefusalCode
{
    UnknownAccount,
    ChainNotAllowed,
    TargetNotAllowed,
    FunctionNotAllowed,
    ArgumentNotAllowed,
    ValueNotZero,
    FeeTooHigh,
    GasLimitTooHigh,
    TotalFeeTooHigh,
    NonceUsed,
    GasBudgetSpent,
    DomainNotAllowed,
    MarketNotAllowed,
    ValidityWrong,
    ClockSkew,
    AssetNotAllowed,
    ValueOutOfBounds,
    EpochNotNewer,
    HeaderContradicts,
    HeaderNotNewer,
    GuardUnavailable,
}

/// <param name="Detail">the numbers that failed, as a clause</param>
public sealed record SignRefusal(SignRefusalCode Code, string Detail)
{
    /// <summary>As it goes over the wire.</summary>
    public override string ToString() => $"{Code}: {Detail}";
}
