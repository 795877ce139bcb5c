// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LiquidationMath} from "../../../contracts/libraries/LiquidationMath.sol";

/// @title The share of the largest bonus is between a half and the whole
/// @custom:bug contracts/libraries/LiquidationMath.sol: `uint256 depth = FixedPointMathLib.min(WAD,` => `uint256 depth = FixedPointMathLib.max(WAD,`
contract BonusRateIsAShare {
    function check(uint256 health) external pure {
        require(health < 1e18);
        uint256 rate = LiquidationMath.bonusRateDown(health);
        assert(0.5e18 <= rate && rate <= 1e18);
    }
}

/// @title Worse health never has a smaller bonus
/// @custom:bug contracts/libraries/LiquidationMath.sol: `(WAD - health) * WAD / FULL_BONUS_UNDER_HEALTH` => `health * WAD / FULL_BONUS_UNDER_HEALTH`
contract BonusGrowsWithUnderHealth {
    function check(uint256 worse, uint256 better) external pure {
        require(worse <= better && better < 1e18);
        assert(LiquidationMath.bonusRateDown(worse) >= LiquidationMath.bonusRateDown(better));
    }
}

/// @title An account of which the capacity covers the debt is healthy
/// @custom:bug contracts/libraries/LiquidationMath.sol: `FixedPointMathLib.fullMulDiv(capacity, WAD, debtValue);` => `FixedPointMathLib.fullMulDiv(capacity, WAD, debtValue + 1);`
contract CoveredIsHealthy {
    function check(uint128 capacity, uint128 debt) external pure {
        require(capacity >= debt);
        assert(LiquidationMath.healthDown(capacity, debt) >= 1e18);
    }
}

/// @title What is repaid leaves no dust
/// @custom:bug contracts/libraries/LiquidationMath.sol: `debt - needed < book.minimumDebt` => `debt - needed > book.minimumDebt`
contract RepaymentLeavesNoDust {
    function check(LiquidationMath.Book memory book, LiquidationMath.Lot memory lot, uint128 debt, uint128 capacity)
        external
        pure
    {
        uint256 needed = LiquidationMath.neededUp(book, lot, debt, capacity);
        assert(needed == 0 || needed == debt || debt - needed >= book.minimumDebt);
    }
}

/// @title No more is seized from a lot than it holds
/// @custom:bug contracts/libraries/LiquidationMath.sol: `return (repay, FixedPointMathLib.min(FixedPointMathLib.fullMulDiv(worth, lot.unit, lot.price), lot.balance));` => `return (repay, FixedPointMathLib.max(FixedPointMathLib.fullMulDiv(worth, lot.unit, lot.price), lot.balance));`
contract SeizureStaysInsideTheLot {
    function check(LiquidationMath.Lot memory lot, uint128 repay) external pure {
        (, uint256 seize) = LiquidationMath.take(lot, repay, 1e12);
        assert(seize <= lot.balance);
    }
}

/// @title The bonus makes no deficit: after the cap the collateral pays for all of the debt and the bonus on it
/// @custom:bug contracts/libraries/LiquidationMath.sol: `lots[i].bonus = FixedPointMathLib.min(` => `lots[i].bonus = FixedPointMathLib.max(`
contract BonusMakesNoDeficit {
    function check(uint64 bonus, uint128 total, uint128 debt) external pure {
        require(debt > 0);
        LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](1);
        lots[0].bonus = bonus;
        LiquidationMath.capBonuses(lots, 0.75e18, total, debt);
        assert(lots[0].bonus == 0 || debt * (1e18 + lots[0].bonus) <= total * 1e18);
    }
}
