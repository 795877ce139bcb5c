namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// One bar of a price series: what it opened at, its highest and lowest price, and what it closed at, all in one unit and over zero.
/// </summary>
public readonly record struct PriceBar(double Open, double High, double Low, double Close);
