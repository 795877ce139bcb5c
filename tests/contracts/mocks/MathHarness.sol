// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FactorMath} from "../../../contracts/libraries/FactorMath.sol";
import {InterestRate} from "../../../contracts/libraries/InterestRate.sol";
import {LiquidationMath} from "../../../contracts/libraries/LiquidationMath.sol";
import {Median} from "../../../contracts/libraries/Median.sol";
import {RemoteMath} from "../../../contracts/libraries/RemoteMath.sol";

/// @title The internal libraries as external functions, for tests alone
contract MathHarness {
    function sqrtYears(uint256 duration) external pure returns (uint256) {
        return FactorMath.sqrtYearsDown(duration);
    }

    function threshold(
        uint256 volatility,
        uint256 slippage,
        uint256 tailMultiplier,
        uint256 horizon,
        uint256 bonus,
        uint256 jump
    ) external pure returns (uint256 liquidationThreshold, uint256 borrowFactor) {
        int256 ln = FactorMath.lnThreshold(volatility, slippage, tailMultiplier, horizon, bonus, jump);
        return (FactorMath.factorDown(ln), FactorMath.borrowFactorDown(ln, volatility));
    }

    function remoteAge(uint256 currentTime, uint256 observedAt, uint256 lag) external pure returns (uint256) {
        return RemoteMath.ageAtLeast(currentTime, observedAt, lag);
    }

    function remote(uint256 value, uint256 factor, uint256 volatility, uint256 age)
        external
        pure
        returns (uint256 haircut, uint256 weighted)
    {
        haircut = RemoteMath.haircutUp(volatility, age);
        return (haircut, RemoteMath.weightedDown(value, factor, haircut));
    }

    function ramp(int256 lnStart, int256 lnTarget, uint256 ratePerDay, uint256 elapsed) external pure returns (int256) {
        return FactorMath.ramp(lnStart, lnTarget, ratePerDay, elapsed);
    }

    function lossPerVolatility(uint256 tailMultiplier, uint256 horizon) external pure returns (uint256) {
        return FactorMath.lossPerVolatilityUp(tailMultiplier, horizon);
    }

    function volatilityRamp(uint256 start, uint256 end, uint256 ratePerDay, uint256 lossPerVolatility_, uint256 elapsed)
        external
        pure
        returns (uint256)
    {
        return FactorMath.volatilityRampUp(start, end, ratePerDay, lossPerVolatility_, elapsed);
    }

    function lnThreshold(
        uint256 volatility,
        uint256 slippage,
        uint256 tailMultiplier,
        uint256 horizon,
        uint256 bonus,
        uint256 jump
    ) external pure returns (int256) {
        return FactorMath.lnThreshold(volatility, slippage, tailMultiplier, horizon, bonus, jump);
    }

    function headroom(uint256 volatility) external pure returns (uint256) {
        return FactorMath.headroomDown(volatility);
    }

    function room(uint256 volatility) external pure returns (uint256 down, uint256 up) {
        return (FactorMath.oneDayRoomDown(volatility), FactorMath.oneDayRoomUp(volatility));
    }

    function upperMedian(uint64[] memory values) external pure returns (uint64) {
        return Median.upperMedian(values);
    }

    function utilisation(uint256 debt, uint256 cash) external pure returns (uint256) {
        return InterestRate.utilisationDown(debt, cash);
    }

    function annualRate(uint256 utilisation_) external pure returns (uint256) {
        return InterestRate.annualRateDown(utilisation_);
    }

    function grown(uint256 index, uint256 rate, uint256 elapsed) external pure returns (uint256) {
        return InterestRate.grownDown(index, rate, elapsed);
    }

    function bonusRate(uint256 health) external pure returns (uint256) {
        return LiquidationMath.bonusRateDown(health);
    }

    function calculate(LiquidationMath.Book memory book) external pure returns (LiquidationMath.Outcome memory) {
        return LiquidationMath.calculate(book);
    }

    /// @notice As the vault does: repay where that restores the target, else the fraction.
    function takeFraction(LiquidationMath.Book memory book) external pure returns (LiquidationMath.Fraction memory) {
        (uint256 total, uint256 capacity) = LiquidationMath.totals(book.lots);
        return LiquidationMath.takeFraction(book, total, capacity + book.credit + book.backing);
    }
}
