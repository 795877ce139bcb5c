// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InterestRate} from "../../../contracts/libraries/InterestRate.sol";

/// @title Utilisation is at most 1
/// @custom:bug contracts/libraries/InterestRate.sol: `return FixedPointMathLib.fullMulDiv(debt, WAD, debt + cash);` => `return FixedPointMathLib.fullMulDiv(debt, WAD, cash + 1);`
contract UtilisationIsAtMostOne {
    function check(uint128 debt, uint128 cash) external pure {
        assert(InterestRate.utilisationDown(debt, cash) <= 1e18);
    }
}

/// @title A higher utilisation never has a lower rate
/// @custom:bug contracts/libraries/InterestRate.sol: `return RATE_AT_KINK + (utilisation - KINK)` => `return (utilisation - KINK)`
contract RateIsMonotone {
    function check(uint256 lower, uint256 higher) external pure {
        require(lower <= higher && higher <= 1e18);
        assert(InterestRate.annualRateDown(lower) <= InterestRate.annualRateDown(higher));
    }
}

/// @title No utilisation up to 1 costs more than 79 % a year
/// @custom:bug contracts/libraries/InterestRate.sol: `return RATE_AT_KINK + (utilisation - KINK)` => `return RATE_AT_FULL + (utilisation - KINK)`
contract RateIsBounded {
    function check(uint256 utilisation) external pure {
        require(utilisation <= 1e18);
        assert(InterestRate.annualRateDown(utilisation) <= 0.79e18);
    }
}

/// @title The interest index never falls
/// @custom:bug contracts/libraries/InterestRate.sol: `return index + FixedPointMathLib` => `return FixedPointMathLib`
contract IndexNeverFalls {
    function check(uint128 index, uint64 rate, uint32 elapsed) external pure {
        assert(InterestRate.grownDown(index, rate, elapsed) >= index);
    }
}
